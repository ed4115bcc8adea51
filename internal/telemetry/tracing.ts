export interface Tracing {
  /** Sends what has not been sent. */
  stop(): Promise<void>;
}

/** The caller's decision, else one in ten: of the throughput, traces may cost a tenth (docs/benchmarks.md). */
const usualSampler = { name: "parentbased_traceidratio", share: "0.1" };

/**
 * Starts OpenTelemetry when the environment names a collector (OTEL_EXPORTER_OTLP_ENDPOINT or its _TRACES_ form);
 * otherwise nothing of it is even loaded. All further OTEL_ variables are the SDK's own.
 */
export async function startTracing(part: string, env: NodeJS.ProcessEnv = process.env): Promise<Tracing | undefined> {
  const wanted = env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT;
  if (!wanted || env.OTEL_SDK_DISABLED === "true") return undefined;
  // The SDK would send metrics and logs too; those are served at /metrics and written to stdout, unless asked for.
  env.OTEL_METRICS_EXPORTER ??= "none";
  env.OTEL_LOGS_EXPORTER ??= "none";
  env.OTEL_TRACES_SAMPLER ||= usualSampler.name;
  if (env.OTEL_TRACES_SAMPLER === usualSampler.name) env.OTEL_TRACES_SAMPLER_ARG ||= usualSampler.share;
  const { NodeSDK } = await import("@opentelemetry/sdk-node");
  const sdk = new NodeSDK({ serviceName: env.OTEL_SERVICE_NAME || `sealpost-${part}` });
  sdk.start();
  return { stop: () => sdk.shutdown() };
}
