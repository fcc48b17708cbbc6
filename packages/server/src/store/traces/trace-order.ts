import { readFile } from "node:fs/promises";
import { parseDeviceKey } from "@heliograph/protocol";
import type { NewTrace } from "../../ports/index.ts";

/** Undefined where the file is none, or not as this program writes it. */
export async function readTraceOrder(path: string): Promise<NewTrace | undefined> {
  try {
    return orderOf(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}

type Unchecked = { readonly [K in keyof NewTrace]?: unknown };

function orderOf(value: unknown): NewTrace | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const { device: key, since, until, by }: Unchecked = value;
  const device = typeof key === "string" ? parseDeviceKey(key) : undefined;
  if (device === undefined || typeof by !== "string") return undefined;
  return typeof since === "number" && typeof until === "number" ? { device, since, until, by } : undefined;
}
