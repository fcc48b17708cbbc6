// `npm run fuzz -- --seconds 60 --seed 1`: the fuzz tests, each of its targets for that long, all from that seed. Other
// words are paths: `npm run fuzz -- packages/protocol/src/xml` runs what lies under them.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { ROOT, sources } from "./check/sources.ts";

const TESTS = ["packages/*/{src,test}/**/*.fuzz.test.ts"];
const SECONDS = "60";

process.exitCode = await fuzzAll();

async function fuzzAll(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { seconds: { type: "string", default: SECONDS }, seed: { type: "string" } },
    allowPositionals: true,
  });
  const { seconds, seed } = values;
  const isWrong = [seconds, seed ?? "1"].some((number) => !/^[1-9][0-9]*$/.test(number));
  if (isWrong) return refuse("--seconds and --seed are whole numbers from 1");
  const files = (await sources(...TESTS)).filter(
    (file) => positionals.length === 0 || positionals.some((path) => file.startsWith(path)),
  );
  if (files.length === 0) return refuse(`there are no fuzz tests under ${positionals.join(", ")}`);
  const child = spawn(process.execPath, ["--test", "--test-reporter=spec", ...files], {
    cwd: ROOT,
    env: {
      ...process.env,
      HELIOGRAPH_FUZZ_SECONDS: seconds,
      ...(seed === undefined ? {} : { HELIOGRAPH_SEED: seed }),
    },
    stdio: "inherit",
  });
  await once(child, "close");
  return child.exitCode ?? 1;
}

function refuse(why: string): number {
  console.error(why);
  return 2;
}
