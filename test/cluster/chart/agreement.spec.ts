import { readdirSync } from "node:fs";
import { beforeAll, expect, it } from "@jest/globals";
import { parse } from "yaml";
import { version } from "../../../internal/config/version.ts";
import { queues } from "../../../internal/domain/message.ts";
import type { RuleGroup } from "../../../internal/monitoring/alerts/rule.ts";
import { parseAddress } from "../../../internal/network/address.ts";
import { CidrSet, parseCidr } from "../../../internal/network/cidr.ts";
import { whyNotPublic } from "../../../internal/network/special-ranges.ts";
import { sharedConsumer } from "../../../internal/stream/stream-config.ts";
import { chartFolder, renderChart } from "../../harness/chart.ts";
import type { KubeObject } from "../../harness/cluster.ts";
import { describeCluster } from "../../harness/describe-cluster.ts";
import { runHelm } from "../../harness/helm.ts";
import { releases } from "./releases.ts";

interface Peer {
  ipBlock?: { cidr: string; except?: string[] };
  podSelector?: object;
}

interface Policy {
  egress: { to?: Peer[]; ports?: object[] }[];
}

let objects: KubeObject[];

function specOf<T>(kind: string, name: string, among = objects): T {
  const found = among.find((object) => object.kind === kind && object.metadata.name === name);
  if (!found) throw new Error(`there is no ${kind} ${name}`);
  return found["spec"] as T;
}

const blocks = (texts: string[] = []) => new CidrSet(texts.flatMap((text) => parseCidr(text) ?? []));

/** Whether a policy lets a pod reach an address, as far as its first rule, about webhooks, says. */
function lets(peers: Peer[], text: string): boolean {
  const address = parseAddress(text);
  if (!address) throw new Error(`${text} is no address`);
  return peers.some(
    ({ ipBlock }) => ipBlock && blocks([ipBlock.cidr]).contains(address) && !blocks(ipBlock.except).contains(address),
  );
}

describeCluster("the chart agrees with what the processes do", () => {
  beforeAll(async () => {
    ({ objects } = await renderChart(releases["everything that can be switched on"] ?? {}));
  });

  it("is found right by helm lint, with the values of a trial and of production", async () => {
    for (const values of [releases["a trial"], releases["production"]]) {
      const { code, stdout } = await runHelm(["lint", "--strict", chartFolder, "--values", "-"], {
        stdin: JSON.stringify(values),
      });
      expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining("0 chart(s) failed") });
    }
  });

  it("is of the version of what it installs", async () => {
    const { stdout } = await runHelm(["show", "chart", chartFolder]);
    expect(parse(stdout)).toMatchObject({ version, appVersion: version });
  });

  it("lets webhooks reach what the guard takes for public, and what is denied neither", () => {
    const { egress } = specOf<Policy>("NetworkPolicy", "sealpost-delivery");
    const peers = egress[0]?.to ?? [];
    const texts = ["8.8.8.8", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1", "192.168.1.1"];
    const more = [
      "168.63.129.16",
      "224.0.0.1",
      "255.255.255.255",
      "2606:4700::1",
      "fd00::1",
      "fe80::1",
      "::1",
      "2002::1",
    ];
    for (const text of [...texts, ...more]) {
      const address = parseAddress(text);
      expect([text, lets(peers, text)]).toEqual([text, address !== undefined && whyNotPublic(address) === undefined]);
    }
    // egress.denyCIDRs and networkPolicy.delivery.except
    const denied = ["2a00:1450::1", "203.0.114.1", "203.0.115.1"];
    expect(denied.map((text) => lets(peers, text))).toEqual([false, false, false]);
  });

  it("lets a trial's webhooks reach its own networks only", async () => {
    const trial = async (networks: string[]) => {
      const rendered = await renderChart({ region: "us", trial: { enabled: true, networks } });
      const { egress } = specOf<Policy>("NetworkPolicy", "sealpost-delivery", rendered.objects);
      // A rule without a destination is one for every destination.
      expect(egress.every(({ to, ports }) => (to?.length ?? 0) > 0 || (ports?.length ?? 0) > 0)).toBe(true);
      return egress.flatMap(({ to = [] }) => to).filter(({ ipBlock }) => ipBlock && !ipBlock.except);
    };
    expect(await trial(["10.244.0.0/16"])).toEqual([{ ipBlock: { cidr: "10.244.0.0/16" } }]);
    expect(await trial([])).toEqual([]);
  });

  it("scales by the region's stream of first attempts and its consumer", () => {
    const { triggers } = specOf<{ triggers: object[] }>("ScaledObject", "sealpost-delivery");
    expect(triggers).toMatchObject([
      { metadata: { stream: queues.deliveries("us"), consumer: sharedConsumer, account: "$G" } },
    ]);
  });

  it("leads from every alert to its page, wherever the pages are published", async () => {
    const { groups } = specOf<{ groups: RuleGroup[] }>("PrometheusRule", "sealpost");
    const said = groups.flatMap(({ rules }) => rules as { annotations?: { runbook_url: string } }[]);
    const led = said.flatMap(({ annotations }) => annotations?.runbook_url ?? []);
    const pages = readdirSync(new URL("../../../docs/runbooks/", import.meta.url)).map((page) => page.slice(0, -3));
    expect(new Set(led)).toEqual(new Set(pages.map((page) => `https://wiki.example.com/sealpost/${page}`)));
  });

  it("names every scraped job so that SealpostTargetDown finds it", async () => {
    const named = await renderChart({
      ...releases["everything that can be switched on"],
      fullnameOverride: "webhooks",
      nameOverride: "hooks",
    });
    const monitors = named.objects.filter(({ kind }) => kind === "PodMonitor");
    const jobs = monitors.flatMap(({ spec }) => JSON.stringify(spec).match(/"replacement":"([^"]+)"/)?.[1] ?? []);
    expect(jobs).toEqual(["sealpost-api", "sealpost-controller", "sealpost-delivery"]);
  });
});
