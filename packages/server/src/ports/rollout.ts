import type { DeviceKey } from "@heliograph/protocol";
import type { ComplianceCounts, PolicyJoiner } from "./policy-changes.ts";
import type { ComplianceState, PolicyName, Rollout, RolloutRules } from "./policies.ts";

/** How far a rollout has come. */
export interface RolloutStanding {
  readonly rollout: Rollout;
  readonly rules: RolloutRules;
  readonly counts: ComplianceCounts;
  /** Devices of its wave that were not begun with yet. */
  readonly waiting: number;
}

/** `begin`: with so many devices of the wave at most. `move`: it is in another state from now on. */
export type RolloutStep =
  | { readonly type: "begin"; readonly count: number }
  | { readonly type: "move"; readonly to: Rollout }
  | { readonly type: "wait" };

const WAIT: RolloutStep = { type: "wait" };

/** What is done next. Nobody is begun with while devices of a wave before show that the version does not go well. */
export function nextStep(standing: RolloutStanding, now: number): RolloutStep {
  const { rollout, rules, counts, waiting } = standing;
  if (rollout.state !== "running" && rollout.state !== "watching") return WAIT;
  const reason = whyStopped(standing);
  if (reason !== undefined) return moved(rollout, { state: "stopped", since: now, reason });
  if (rollout.state === "watching") return watch(standing, now);
  if (waiting > 0) return { type: "begin", count: Math.min(waiting, rules.perSecond) };
  if (isLast(standing)) return moved(rollout, { state: "complete", since: now });
  const nobody = Object.values(counts.states).every((devices) => devices === 0);
  return nobody ? nextWave(rollout, now) : moved(rollout, { state: "watching", since: now });
}

/** How it goes on where a manager says so, whatever its stop rules say of those that are faulted by now. */
export function resumed(
  { rollout, counts }: Pick<RolloutStanding, "rollout" | "counts">,
  now: number,
): Rollout {
  const accepted = failed(counts);
  const { reason: _, ...rest } = rollout;
  const goesOn = { ...rest, state: "running", since: now, accepted } as const;
  return rollout.state === "watching" ? { ...goesOn, wave: rollout.wave + 1 } : goesOn;
}

export function paused({ reason: _, ...rollout }: Rollout, now: number): Rollout {
  return { ...rollout, state: "paused", since: now };
}

/** The members of a group that a version comes to by the end of a wave; the same ones every time [LIGHT 6]. */
export function waveOf(
  policy: PolicyName,
  members: readonly DeviceKey[],
  share: number,
): readonly DeviceKey[] {
  if (share >= 1) return members;
  const count = Math.ceil(members.length * share);
  const ranked = members.map((device) => ({ device, rank: rankOf(policy, device) }));
  ranked.sort((one, other) => one.rank - other.rank || (one.device < other.device ? -1 : 1));
  return ranked.slice(0, count).map(({ device }) => device);
}

/**
 * The order in which an earlier version is brought back: to those that the bad version made faulted, then to those that hold it,
 * then to those that may, and then to whoever is left.
 */
export function worstFirst(joiners: readonly PolicyJoiner[], bad: number): readonly DeviceKey[] {
  const hurt = ({ version, state = "pending" }: PolicyJoiner): number => (version === bad ? HURT[state] : 0);
  return joiners.toSorted((one, other) => hurt(other) - hurt(one)).map(({ device }) => device);
}

const HURT = {
  ...{ faulted: 3, fighting: 3 },
  ...{ applied: 2, drifted: 2 },
  ...{ pending: 1, "not-applicable": 0 },
} as const satisfies Readonly<Record<ComplianceState, number>>;

/** The share of the group that a rollout's wave reaches. */
export function shareOf({ rollout, rules }: Pick<RolloutStanding, "rollout" | "rules">): number {
  return rollout.atOnce === true ? 1 : (rules.waves[rollout.wave] ?? 1);
}

function watch({ rollout, rules, counts }: RolloutStanding, now: number): RolloutStep {
  const { pending, ...ended } = counts.states;
  const heard = Object.values(ended).reduce((sum, devices) => sum + devices, 0);
  // Of a wave that nobody has answered to, nobody knows that it went well.
  if (heard === 0 || now - rollout.since < rules.pauseMs) return WAIT;
  return nextWave(rollout, now);
}

function nextWave(rollout: Rollout, now: number): RolloutStep {
  return moved(rollout, { state: "running", since: now, wave: rollout.wave + 1 });
}

/** In words for a person; undefined where it may go on. */
function whyStopped({ rollout, rules, counts }: RolloutStanding): string | undefined {
  const bad = failed(counts) - (rollout.accepted ?? 0);
  const { pending, ...ended } = counts.states;
  const heard = Object.values(ended).reduce((sum, devices) => sum + devices, 0);
  const { faulted, share } = rules.stopAt;
  if (bad <= 0 || (bad < faulted && bad / heard < share)) return undefined;
  return `${bad} of the ${heard} devices that answered are faulted or fighting`;
}

function failed({ states }: ComplianceCounts): number {
  return states.faulted + states.fighting;
}

function isLast({ rollout, rules }: Pick<RolloutStanding, "rollout" | "rules">): boolean {
  return rollout.atOnce === true || rollout.wave >= rules.waves.length - 1;
}

function moved(
  { reason: _, ...rollout }: Rollout,
  change: Partial<Rollout> & Pick<Rollout, "state" | "since">,
): RolloutStep {
  return { type: "move", to: { ...rollout, ...change } };
}

/** Where a device stands in the order of a policy's waves: by no other property of it, and for each policy elsewhere. */
function rankOf(policy: PolicyName, device: DeviceKey): number {
  let hash = 0x811c9dc5;
  for (const character of `${policy}/${device}`) {
    hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
