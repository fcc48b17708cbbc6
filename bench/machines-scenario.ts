import { spawn } from "node:child_process";
import { once } from "node:events";

/** Runs a scenario of `npm run machines`, where the ACS is many processes, and what comes after its name here. */
export async function runMachines(scenario: string): Promise<void> {
  const [, , , devices] = process.argv;
  const count = devices === undefined ? [] : ["--devices", devices];
  const args = ["packages/server/test/machines/run.ts", scenario, ...count];
  const child = spawn(process.execPath, args, { stdio: "inherit" });
  await once(child, "exit");
  process.exitCode = child.exitCode ?? 1;
}
