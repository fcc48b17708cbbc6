import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";

const FAKER = "faketime";

/** A clock that a test sets while a process runs by it; the time that passes stays what it is. */
export interface SettableClock {
  /** The command that a process is started under which goes by this clock. */
  readonly under: readonly string[];
  /** By seconds from the machine's own. */
  set(seconds: number): void;
}

/** `file` is where the clock's setting is kept. Undefined where nothing here can set a process's clock. */
export function settableClock(file: string): SettableClock | undefined {
  const set = (seconds: number): void => {
    writeFileSync(file, `${seconds < 0 ? "" : "+"}${seconds}`);
  };
  const library = libraryOf(FAKER);
  if (library === undefined) return undefined;
  set(0);
  const settings = {
    LD_PRELOAD: library,
    FAKETIME_TIMESTAMP_FILE: file,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
  return { under: ["env", ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)], set };
}

/** What the program has others loaded with. */
function libraryOf(program: string): string | undefined {
  const { status, stdout } = spawnSync(program, ["-f", "+0", "env"], { encoding: "utf8" });
  return status === 0 ? /^LD_PRELOAD=(.+)$/m.exec(stdout)?.[1] : undefined;
}
