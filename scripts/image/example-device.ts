import { once } from "node:events";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import { ROOT } from "../check/sources.ts";
import type { Switch } from "./switch.ts";

const CONTENT_MS = 60_000;

export interface Example {
  readonly space: string;
  /** Of `examples`, and what it is told. */
  readonly program: string;
  readonly args: readonly string[];
  /** What the last line says that it is waited for. */
  readonly until: string;
  /** A file of authorities that it believes. */
  readonly authorities?: string;
}

/** Has one of the example devices come, and prints what it says; gives what ends it. */
export async function startExample(network: Switch, example: Example): Promise<() => Promise<void>> {
  const { space, program, args, until, authorities } = example;
  const env = { ...process.env, ...(authorities && { NODE_EXTRA_CA_CERTS: authorities }) };
  const command = [process.execPath, resolve(ROOT, "examples", program), ...args];
  const device = network.start(space, command, env);
  if (device.stdout === null) throw new Error("a device prints nowhere");
  const lines = createInterface({ input: device.stdout, signal: AbortSignal.timeout(CONTENT_MS) });
  for await (const line of lines) {
    console.log(`  ${program}: ${line}`);
    if (line.includes(until)) break;
  }
  device.stdout.resume();
  return async () => {
    const ended = once(device, "exit");
    device.kill();
    await ended;
  };
}
