import type { PolicyRequest } from "@heliograph/api";
import {
  decodeDeviceRequest,
  groupedEntries,
  type JsonObject,
  type ParameterValues,
} from "@heliograph/protocol";
import {
  defaultRollout,
  fileId,
  mayWrite,
  MOST_PUBLICATION_BYTES,
  type PolicyContent,
  type Rights,
  type RolloutRules,
  type WantedFile,
  type WantedObject,
} from "../ports/index.ts";
import { isRefusal, refuse, refuseInput, type Refusal } from "./refusal.ts";

/** What devices are to hold, as somebody wrote it; refused where no device could hold it. */
export function readContent(request: Partial<PolicyRequest>): PolicyContent | Refusal {
  const { priority = 0, hold = "mend", values = {}, objects = [], file } = request;
  const wanted = file === undefined ? undefined : readFile(file);
  if (wanted !== undefined && isRefusal(wanted)) return wanted;
  const read = readValues(values);
  if (isRefusal(read)) return read;
  const hasValues = Object.keys(read).length > 0 || objects.length > 0;
  if (!hasValues && wanted === undefined) return invalid("values", "name a value, an object or a file");
  if (hasValues && wanted !== undefined) return invalid("file", "a file is a policy of its own");
  const content: PolicyContent = {
    ...{ priority, hold, values: read },
    objects: objects.map(({ values: others = {}, ...object }) => ({ ...object, values: others })),
    ...(wanted === undefined ? {} : { file: wanted }),
  };
  const starred = content.objects.findIndex(({ object }) => object.includes("*"));
  if (starred >= 0) return invalid(`objects[${starred}].object`, "must be one object, without `*`");
  // Its publication has a little more around it.
  return Buffer.byteLength(JSON.stringify(content)) > MOST_PUBLICATION_BYTES - 1_024
    ? refuse("too-large", `a policy has at most ${MOST_PUBLICATION_BYTES - 1_024} bytes`)
    : content;
}

export function readRules(request: PolicyRequest["rules"] = {}): RolloutRules | Refusal {
  const { pause, ...given } = request;
  const rules = {
    ...defaultRollout,
    ...given,
    ...(pause === undefined ? {} : { pauseMs: pause * 1000 }),
  };
  const isRising = rules.waves.every((share, index) => index === 0 || share > (rules.waves[index - 1] ?? 0));
  return isRising && rules.waves.at(-1) === 1
    ? rules
    : invalid("rules.waves", "must rise, and the last one must be 1");
}

/** Whoever writes a policy writes to devices, of which anybody may join the group. */
export function mayHold({ devices, write }: Rights, content: PolicyContent): Refusal | undefined {
  if (devices.type !== "every")
    return refuse("not-allowed", "a policy is for whatever devices join its group");
  const path = pathsSetBy(content).find((each) => !mayWrite(each, write));
  return path === undefined ? undefined : refuse("not-allowed", `writing ${path} is not among what you may`);
}

/** Paths that devices are to hold by it; `*` for instances. */
export function pathsSetBy({ values, objects }: PolicyContent): readonly string[] {
  return [...[...groupedEntries<unknown>(values)].map(([path]) => path), ...objects.flatMap(leavesOf)];
}

function leavesOf({ object, key, values }: WantedObject): readonly string[] {
  return [object, ...Object.keys({ ...key, ...values }).map((leaf) => `${object}*.${leaf}`)];
}

function readValues(values: JsonObject): ParameterValues | Refusal {
  if (Object.keys(values).length === 0) return {};
  const request = decodeDeviceRequest("SetParameterValues", { ParameterList: values, ParameterKey: "" });
  if (!request.ok)
    return invalid("values", "must be leaves with their values by object, which ends with a dot");
  return request.value.method === "SetParameterValues" ? request.value.params.ParameterList : {};
}

function readFile({ file, version, hours }: NonNullable<PolicyRequest["file"]>): WantedFile | Refusal {
  const id = fileId(file);
  if (id === undefined) return invalid("file.file", "must be the id of a file");
  return { file: id, version, ...(hours === undefined ? {} : { hours }) };
}

function invalid(at: string, detail: string): Refusal {
  return refuseInput("invalid-policy", [{ at, detail }]);
}
