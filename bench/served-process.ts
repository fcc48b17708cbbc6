import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** A server in a process of its own. */
export interface ServedProcess extends AsyncDisposable {
  readonly pid: number;
  /** Milliseconds of CPU since it started, its threads included. */
  cpuMs(): number;
}

/** The kernel counts CPU in hundredths of a second. */
const MS_PER_TICK = 10;

/** Starts it, and resolves once it writes a line that `isReady` takes. */
export async function serveProcess(
  args: readonly string[],
  isReady: (line: string) => boolean,
): Promise<ServedProcess> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
  const { pid } = child;
  if (pid === undefined) throw new Error(`cannot start ${args.join(" ")}`);
  for await (const line of createInterface({ input: child.stdout })) {
    if (isReady(line)) break;
  }
  return { pid, cpuMs: () => cpuMs(pid), [Symbol.asyncDispose]: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) * MS_PER_TICK;
}
