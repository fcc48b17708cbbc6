import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const folder = new URL("./", import.meta.url);
const scenarios = readdirSync(folder)
  .filter((name) => name.endsWith(".bench.ts"))
  .map((name) => name.replace(".bench.ts", ""));

/** They need NATS, PostgreSQL and minutes: each runs where it is asked for by name. */
const OF_MACHINES: readonly string[] = ["attached-25000", "light-processes", "processes"];

const [, , scenario = "all"] = process.argv;
if (scenario === "all") {
  for (const name of scenarios.filter((one) => !OF_MACHINES.includes(one))) await runAlone(name);
} else if (scenarios.includes(scenario)) {
  await import(new URL(`${scenario}.bench.ts`, folder).href);
} else {
  console.error(`npm run bench -- <scenario>; there are: all, ${scenarios.join(", ")}`);
  process.exitCode = 2;
}

/** In a process of its own, so that none inherits the heap of the one before. Where one fails, the rest still run. */
async function runAlone(name: string): Promise<void> {
  console.log(`\n## ${name}\n`);
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), name], { stdio: "inherit" });
  await once(child, "exit");
  if (child.exitCode !== 0) process.exitCode = 1;
}
