import {
  BigValueColorMode,
  BigValueGraphMode,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  TooltipDisplayMode,
  VizLegendOptionsBuilder,
  VizTooltipOptionsBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import { ThresholdsConfigBuilder, ThresholdsMode } from "@grafana/grafana-foundation-sdk/dashboard";
import {
  PanelBuilder as HeatmapBuilder,
  HeatmapColorMode,
  HeatmapColorOptionsBuilder,
  YAxisConfigBuilder,
} from "@grafana/grafana-foundation-sdk/heatmap";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as GraphBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

/** A unit of Grafana's: https://grafana.com/docs/grafana/latest/panels-visualizations/configure-standard-options/#unit */
export type Unit = "short" | "none" | "s" | "bytes" | "percentunit" | "reqps" | "ops" | "dtdurations";

export interface Query {
  expr: string;
  /** What a line is called; labels stand in double braces. */
  legend: string;
}

interface Spec {
  title: string;
  /** What it shows, and what to make of it. */
  description: string;
  unit: Unit;
  /** Columns of 24. */
  width: number;
}

interface GraphSpec extends Spec {
  queries: Query[];
  stacked?: true;
  max?: number;
  /** More lines than fit under it: a table beside it, with the latest values. */
  many?: true;
}

interface StatSpec extends Spec {
  query: Query;
  decimals?: number;
  /** Shown where there is nothing to show. */
  otherwise?: string;
  /** Where green ends: below the first it is red, or above it when `lower` is better. */
  thresholds?: { good: number; fair: number; better: "higher" | "lower" };
}

interface HeatmapSpec extends Spec {
  /** Must answer buckets, by `le`. */
  expr: string;
}

/** The data source that is chosen on the dashboard. */
export const datasource = { type: "prometheus", uid: "${datasource}" };
const height = 8;

function legend(many: boolean): VizLegendOptionsBuilder {
  return new VizLegendOptionsBuilder()
    .showLegend(true)
    .displayMode(many ? LegendDisplayMode.Table : LegendDisplayMode.List)
    .placement(many ? LegendPlacement.Right : LegendPlacement.Bottom)
    .calcs(many ? ["lastNotNull"] : []);
}

/** Lines over time. */
export function graph({ title, description, unit, width, queries, stacked, max, many }: GraphSpec): GraphBuilder {
  const panel = new GraphBuilder()
    .title(title)
    .description(description)
    .datasource(datasource)
    .unit(unit)
    .span(width)
    .height(height)
    .min(0)
    .lineWidth(1)
    .fillOpacity(stacked ? 40 : 8)
    .legend(legend(many === true))
    .tooltip(new VizTooltipOptionsBuilder().mode(TooltipDisplayMode.Multi));
  if (max !== undefined) panel.max(max);
  if (stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
  queries.forEach((query, i) => {
    panel.withTarget(target(query, i).range());
  });
  return panel;
}

/** One number, the latest. */
export function stat(spec: StatSpec): StatBuilder {
  const { title, description, unit, width, query, decimals, thresholds, otherwise } = spec;
  const panel = new StatBuilder()
    .title(title)
    .description(description)
    .datasource(datasource)
    .unit(unit)
    .span(width)
    .height(5)
    .graphMode(BigValueGraphMode.Area)
    .colorMode(BigValueColorMode.Value)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .withTarget(target(query, 0).range());
  if (decimals !== undefined) panel.decimals(decimals);
  if (otherwise !== undefined) panel.noValue(otherwise);
  if (thresholds) panel.thresholds(steps(thresholds));
  return panel;
}

/** How a histogram's observations spread over time. */
export function heatmap({ title, description, unit, width, expr }: HeatmapSpec): HeatmapBuilder {
  return new HeatmapBuilder()
    .title(title)
    .description(description)
    .datasource(datasource)
    .span(width)
    .height(height)
    .unit("short")
    .calculate(false)
    .color(new HeatmapColorOptionsBuilder().mode(HeatmapColorMode.Scheme).scheme("Spectral").reverse(true).steps(64))
    .yAxis(new YAxisConfigBuilder().unit(unit))
    .withTarget(target({ expr, legend: "{{le}}" }, 0).range().format(PromQueryFormat.Heatmap));
}

function target({ expr, legend }: Query, place: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(String.fromCharCode("A".charCodeAt(0) + place))
    .datasource(datasource)
    .expr(expr)
    .legendFormat(legend);
}

function steps({ good, fair, better }: NonNullable<StatSpec["thresholds"]>): ThresholdsConfigBuilder {
  const [low, middle, high] = better === "higher" ? ["red", "orange", "green"] : ["green", "orange", "red"];
  const [first, second] = better === "higher" ? [fair, good] : [good, fair];
  return new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: low as string },
    { value: first, color: middle as string },
    { value: second, color: high as string },
  ]);
}
