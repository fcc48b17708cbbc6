import type { ExitCode } from "./exit-code.ts";
import { recordedTerminal, type RecordedTerminal, type Surroundings } from "./recorded-terminal.fixture.ts";
import { run } from "./run.ts";
import { scriptedNorthbound, TOKEN, type Asked, type Script } from "./scripted-northbound.fixture.ts";

export interface Ran {
  readonly exitCode: ExitCode;
  readonly terminal: RecordedTerminal;
  readonly asked: readonly Asked[];
}

/** Runs one command against an ACS of that script. */
export async function runAgainst(
  script: Script,
  args: readonly string[],
  surroundings: Surroundings = {},
): Promise<Ran> {
  await using northbound = await scriptedNorthbound(script);
  const environment = {
    HELIOGRAPH_URL: northbound.url,
    HELIOGRAPH_TOKEN: TOKEN,
    ...surroundings.environment,
  };
  const terminal = recordedTerminal({ ...surroundings, environment });
  const exitCode = await run(args, terminal);
  return { exitCode, terminal, asked: northbound.asked };
}
