import type { GrantRequest } from "@heliograph/api";
import { UsageError } from "./command-error.ts";

export type Scope = Required<Pick<GrantRequest, "methods" | "read" | "write">>;

const READING = ["GetParameterValues", "GetParameterNames", "GetParameterAttributes"];
const WRITING = ["SetParameterValues", "SetParameterAttributes", "AddObject", "DeleteObject"];
const ROOTS = ["Device.", "InternetGatewayDevice."];
const METHOD = /^[A-Za-z]\w*$/;

/** What somebody may do by the words of `--may`; left out, they look at everything. Throws {@link UsageError}. */
export function scopeOfWords(may: string | undefined): Scope {
  const words = (may ?? ROOTS.map((root) => `read:${root}`).join(",")).split(",").map((word) => word.trim());
  const read = pathsOf("read", words);
  const write = pathsOf("write", words);
  const methods = words.filter((word) => word !== "" && !word.includes(":"));
  const odd =
    words.find((word) => /^(?!read:|write:).*:/.test(word)) ?? methods.find((name) => !METHOD.test(name));
  if (odd !== undefined) throw new UsageError(`--may takes read:<path>, write:<path> and RPCs; not "${odd}"`);
  const bounded = [...(read.length === 0 ? [] : READING), ...(write.length === 0 ? [] : WRITING)];
  return { read, write, methods: [...new Set([...bounded, ...methods])] };
}

function pathsOf(kind: "read" | "write", words: readonly string[]): string[] {
  const paths = words
    .filter((word) => word.startsWith(`${kind}:`))
    .map((word) => word.slice(kind.length + 1));
  if (paths.includes("")) throw new UsageError(`--may ${kind}: needs a path`);
  return paths;
}
