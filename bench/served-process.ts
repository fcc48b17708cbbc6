import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

/** A server in a process of its own. */
export interface ServedProcess extends AsyncDisposable {
  readonly pid: number;
  /** Milliseconds of CPU of its threads since they started. */
  cpuMs(): number;
}

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

/** A server that does nothing: next to it stands what ours costs. */
export async function serveBare(port: number): Promise<ServedProcess> {
  return serveProcess(["bench/bare-server.ts", String(port)], (line) => line === "ready");
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}

const NS_PER_MS = 1_000_000;

/** The process's own figure counts in hundredths of a second, too coarse here; that of each thread is in nanoseconds. */
function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const spent = threads.map((thread) =>
    Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, "utf8").split(" ")[0]),
  );
  return spent.reduce((sum, ns) => sum + ns, 0) / NS_PER_MS;
}
