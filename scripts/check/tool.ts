import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { COMPILE_CACHE, ROOT } from "./sources.ts";
import type { Outcome, Step } from "./step.ts";

/** No step takes this long, however busy the machine: one that does hangs, and is ended. */
const LONGEST_MS = 900_000;
/** So long has Node's test runner to say which files it was at. */
const LAST_WORDS_MS = 10_000;

/** A step that is a command of Node: its arguments, run at the repository's root on the Node that runs the check. */
export function tool(
  name: string,
  command: readonly string[],
  figures: (output: string) => string = () => "",
): Step {
  return {
    name,
    async run() {
      const { ok, output } = await runNode(command);
      return { ok, output, figures: figures(output) };
    },
  };
}

async function runNode(command: readonly string[]): Promise<Pick<Outcome, "ok" | "output">> {
  const env = { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE };
  const child = spawn(process.execPath, command, { cwd: ROOT, env, stdio: ["ignore", "pipe", "pipe"] });
  const exited = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  const ends = [
    setTimeout(() => child.kill("SIGTERM"), LONGEST_MS),
    setTimeout(() => child.kill("SIGKILL"), LONGEST_MS + LAST_WORDS_MS),
  ];
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), exited]);
  for (const end of ends) clearTimeout(end);
  return { ok: code === 0, output: out + err };
}
