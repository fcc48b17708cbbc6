import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { TempDir } from "@heliograph/testkit";

export const REPOSITORY = resolve(import.meta.dirname, "../../../..");

/** What a chart comes to with some values. */
export interface Rendered {
  /** Those that were given, and the chart's own. */
  readonly values: unknown;
  readonly objects: readonly unknown[];
  /** What is said to whoever installs it. */
  readonly notes: string;
}

/** Where Debian has libraries of Go. */
const LIBRARIES = "/usr/share/gocode";

/** Why nothing can be rendered here; false where it can. */
export function withoutGo(): string | false {
  if (spawnSync("go", ["version"]).status !== 0) return "needs go on PATH";
  const sprig = `${LIBRARIES}/src/github.com/Masterminds/sprig`;
  return existsSync(sprig) ? false : "needs golang-github-masterminds-sprig-dev";
}

/** `packaging/helm/render`, built once, which stands in for Helm and reads YAML. */
export class GoRenderer {
  readonly #program: string;

  private constructor(program: string) {
    this.#program = program;
  }

  static build(folder: TempDir): GoRenderer {
    const program = folder.file("render");
    const { status, stderr } = spawnSync("go", ["build", "-o", program, "./packaging/helm/render"], {
      cwd: REPOSITORY,
      encoding: "utf8",
      env: { ...process.env, GO111MODULE: "off", GOPATH: LIBRARIES, GOFLAGS: "" },
    });
    assert.equal(status, 0, stderr);
    return new GoRenderer(program);
  }

  /** Throws with what the chart says where it refuses the values. */
  chart(values: Readonly<Record<string, unknown>>, release = "acs"): Rendered {
    const folder = `${REPOSITORY}/packaging/helm/heliograph`;
    const printed = this.#run(["chart", folder, release, "devices"], JSON.stringify(values));
    assert.ok(isRecord(printed) && isRecord(printed["objects"]) && typeof printed["notes"] === "string");
    const objects = Object.values(printed["objects"]).flat();
    return { values: printed["values"], objects, notes: printed["notes"] };
  }

  yaml(path: string): unknown {
    return this.#run(["yaml", path], "");
  }

  #run(args: readonly string[], input: string): unknown {
    const { status, stdout, stderr } = spawnSync(this.#program, args, { encoding: "utf8", input });
    if (status !== 0) throw new Error(stderr.trim());
    return JSON.parse(stdout);
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
