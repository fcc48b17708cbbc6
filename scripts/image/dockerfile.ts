/** One instruction: its name, and all that stands after it. */
export interface Instruction {
  readonly name: string;
  readonly value: string;
}

export interface Stage {
  /** The image that it begins with. */
  readonly from: string;
  /** Empty where it has none. */
  readonly name: string;
  readonly instructions: readonly Instruction[];
}

/** Reads a Dockerfile, stage by stage. Throws where something stands in front of the first. */
export function readDockerfile(text: string): readonly Stage[] {
  const stages: { from: string; name: string; instructions: Instruction[] }[] = [];
  for (const instruction of instructionsIn(text)) {
    if (instruction.name === "FROM") {
      const [from = "", , name = ""] = instruction.value.split(/\s+/);
      stages.push({ from, name, instructions: [] });
      continue;
    }
    const stage = stages.at(-1);
    if (stage === undefined) throw new Error(`${instruction.name} stands before the first FROM`);
    stage.instructions.push(instruction);
  }
  return stages;
}

/** The words of a command, as they stand in JSON or as a shell is to read them. */
export function commandOf(value: string): readonly string[] {
  if (!value.startsWith("[")) return ["/bin/sh", "-c", value];
  const words: unknown = JSON.parse(value);
  if (Array.isArray(words) && words.every((word) => typeof word === "string")) return words;
  throw new Error(`${value} is no list of words`);
}

/** `NAME=value NAME=value` */
export function variablesOf(value: string): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...value.matchAll(/(\w+)=(?:"([^"]*)"|(\S*))/g)].map(([, name = "", quoted, plain = ""]) => [
      name,
      quoted ?? plain,
    ]),
  );
}

/** Lines that a backslash joins are one; comments between them are left out. */
function instructionsIn(text: string): readonly Instruction[] {
  const lines = text.split("\n").filter((line) => !line.trimStart().startsWith("#"));
  return lines
    .join("\n")
    .replace(/\\\n/g, "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => {
      const [, name = "", value = ""] = /^(\S+)\s*(.*)$/.exec(line) ?? [];
      return { name: name.toUpperCase(), value };
    });
}
