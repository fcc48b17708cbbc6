import type { DesiredState } from "@heliograph/api";
import type { Cell } from "./output.ts";
import { stateCell, valueText } from "./policy-words.ts";

type Origin = Pick<DesiredState["values"][number], "policy" | "version" | "state">;

/** What a device is to hold, line by line: values, objects and files. */
export function desiredRows({ values, objects, files }: DesiredState): readonly (readonly Cell[])[] {
  return [
    ...values.map(({ path, value, ...origin }) => [path, valueText(value), ...originCells(origin)]),
    ...objects.map(({ object, key, values: leaves, ...origin }) => [
      ...[object, JSON.stringify({ ...key, ...leaves })],
      ...originCells(origin),
    ]),
    ...files.map(({ file, software, ...origin }) => [file, software, ...originCells(origin)]),
  ];
}

function originCells({ policy, version, state }: Origin): readonly Cell[] {
  return [policy, String(version), stateCell(state)];
}
