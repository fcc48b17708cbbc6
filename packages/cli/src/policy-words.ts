import type { Compliance, Policy, PolicyPreview } from "@heliograph/api";
import { entriesOf, readValue } from "./parameter-value.ts";
import type { Cell } from "./output.ts";
import { relativeTime } from "./time-words.ts";

/** Whether its rollout goes on by itself. */
export function rollsOn({ rollout }: Policy): boolean {
  return rollout?.state === "running" || rollout?.state === "watching";
}

/** How far it has come, in one line. */
export function policySentence({ rollout, version, compliance }: Policy): string {
  if (rollout === undefined) return "not published yet";
  const { applied, pending, faulted, drifted, fighting, members } = compliance;
  const standings = [
    `${applied} of ${members} devices hold version ${version}`,
    ...(pending > 0 ? [`${pending} pending`] : []),
    ...(faulted > 0 ? [`${faulted} faulted`] : []),
    ...(drifted > 0 ? [`${drifted} drifted`] : []),
    ...(fighting > 0 ? [`${fighting} fighting`] : []),
    ...(compliance["not-applicable"] > 0 ? [`${compliance["not-applicable"]} not applicable`] : []),
  ];
  return `wave ${rollout.wave} of ${rollout.waves}, ${rollout.state}: ${standings.join(", ")}`;
}

export function policyRow(policy: Policy): readonly Cell[] {
  const { name, group, version, rollout, compliance } = policy;
  const bad = compliance.faulted + compliance.fighting;
  return [
    name,
    group,
    version === 0 ? { text: "-", tone: "quiet" } : String(version),
    rolloutCell(rollout),
    `${compliance.applied}/${compliance.members}`,
    bad === 0 ? "0" : { text: String(bad), tone: "bad" },
  ];
}

export function policyRows(policy: Policy, now: number): readonly (readonly [name: string, cell: Cell])[] {
  const { name, description, group, draft, rollout, version } = policy;
  return [
    ["policy", { text: name, tone: "strong" }],
    ...(description === "" ? [] : [["description", description] as const]),
    ["group", group],
    ["priority", String(draft.priority)],
    ["hold", draft.hold],
    ...valueLines(draft.values).map((line, index) => [index === 0 ? "values" : "", line] as const),
    ...draft.objects.map(({ object, key }) => ["object", `${object} ${JSON.stringify(key)}`] as const),
    ...(draft.file === undefined ? [] : [["file", `${draft.file.file}, ${draft.file.version}`] as const]),
    ...(rollout === undefined
      ? []
      : [
          [
            "published",
            `version ${version}, ${rollout.state} since ${relativeTime(rollout.since, now)}`,
          ] as const,
        ]),
    ...(rollout?.reason === undefined ? [] : [["because", { text: rollout.reason, tone: "bad" }] as const]),
  ];
}

export function complianceRow(standing: Compliance, now: number): readonly Cell[] {
  const { device, state, version, applied, at, faults = [], drifted = [] } = standing;
  const [fault] = faults;
  const why =
    fault === undefined
      ? drifted.join(", ")
      : [fault.path, fault.code, fault.message].filter(Boolean).join(" ");
  return [device, stateCell(state), String(version), String(applied ?? "-"), relativeTime(at, now), why];
}

/** Who would get it, what would change there, and which policies disagree. */
export function previewLines({ members, waves, devices, conflicts }: PolicyPreview): readonly string[] {
  return [
    `${members} devices, by waves: ${waves.join(", ")}`,
    ...devices.flatMap(({ device, changes }) => [
      `${device}: ${changes.length === 0 ? "nothing changes" : ""}`.trimEnd(),
      ...changes.map(({ path, from, to }) => {
        const was = from === undefined ? "not known" : valueText(from);
        return `  ${path}: ${was} → ${valueText(to)}`;
      }),
    ]),
    ...conflicts.map(conflictLine),
  ];
}

/** Who holds the path, who does not, and why. */
export function conflictLine({ path, holder, other, by, value }: PolicyPreview["conflicts"][number]): string {
  const why = by === "priority" ? "its priority is lower" : "its name comes later";
  return `${path}: ${holder} holds it; ${other} says ${valueText(value)}, and ${why}`;
}

function valueLines(values: Policy["draft"]["values"]): readonly string[] {
  return entriesOf(values).map(([path, value]) => `${path}: ${readValue(value).text}`);
}

export function valueText(value: unknown): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
    return readValue(value).text;
  }
  return JSON.stringify(value);
}

function rolloutCell(rollout: Policy["rollout"]): Cell {
  if (rollout === undefined) return { text: "not published", tone: "quiet" };
  const { state, wave, waves } = rollout;
  if (state === "complete") return { text: "complete", tone: "good" };
  return { text: `${state}, wave ${wave}/${waves}`, tone: state === "stopped" ? "bad" : "unsure" };
}

export function stateCell(state: Compliance["state"]): Cell {
  switch (state) {
    case "applied":
      return { text: state, tone: "good" };
    case "faulted":
    case "fighting":
      return { text: state, tone: "bad" };
    default:
      return { text: state, tone: "unsure" };
  }
}
