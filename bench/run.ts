import { readdirSync } from "node:fs";

const folder = new URL("./", import.meta.url);
const scenarios = readdirSync(folder)
  .filter((name) => name.endsWith(".bench.ts"))
  .map((name) => name.replace(".bench.ts", ""));

const [, , scenario = ""] = process.argv;
if (scenarios.includes(scenario)) {
  await import(new URL(`${scenario}.bench.ts`, folder).href);
} else {
  console.error(`npm run bench -- <scenario>; there are: ${scenarios.join(", ")}`);
  process.exitCode = 2;
}
