import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { catalogue } from "../../telemetry/catalogue.ts";
import { datasource, type graph, type heatmap, type stat } from "./panels.ts";

type PanelBuilder = ReturnType<typeof graph> | ReturnType<typeof stat> | ReturnType<typeof heatmap>;

export interface Row {
  title: string;
  panels: PanelBuilder[];
}

interface Options {
  uid: `sealpost-${string}`;
  title: string;
  description: string;
  rows: Row[];
  /** Whether it can be narrowed to regions; the panels then use `chosenRegions`. */
  byRegion: boolean;
}

/** A dashboard that Grafana imports as a file; it asks for its Prometheus when it is opened. */
export function dashboard({ uid, title, description, rows, byRegion }: Options): Dashboard {
  const builder = new DashboardBuilder(`Sealpost / ${title}`)
    .uid(uid)
    .description(description)
    .tags(["sealpost"])
    .editable()
    .refresh("30s")
    .time({ from: "now-3h", to: "now" })
    .tooltip(DashboardCursorSync.Crosshair)
    .link(
      new DashboardLinkBuilder("Sealpost")
        .type(DashboardLinkType.Dashboards)
        .tags(["sealpost"])
        .keepTime(true)
        .includeVars(true)
        .asDropdown(true),
    )
    .withVariable(new DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus"));
  if (byRegion) {
    builder.withVariable(
      new QueryVariableBuilder("region")
        .label("Region")
        .datasource(datasource)
        .query(`label_values(${catalogue.natsConnected.name}, region)`)
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .multi(true)
        .includeAll(true)
        .allValue(".*")
        .current({ text: "All", value: "$__all" }),
    );
  }
  let id = 0;
  for (const row of rows) {
    builder.withRow(new RowBuilder(row.title).id(++id));
    for (const panel of row.panels) builder.withPanel(panel.id(++id));
  }
  return builder.build();
}
