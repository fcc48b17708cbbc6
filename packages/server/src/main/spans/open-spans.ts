import type { SpanSettings } from "../span-settings.ts";
import type { Spanning, SpanPorts } from "./spanning.ts";

/** Nothing is loaded, and nothing stands between the parts, where nobody wants spans: then it is undefined. */
export async function openSpans(
  settings: SpanSettings | undefined,
  ports: SpanPorts,
): Promise<Spanning | undefined> {
  if (settings === undefined) return undefined;
  const { startSpanning } = await import("./spanning.ts");
  return startSpanning(settings, ports);
}
