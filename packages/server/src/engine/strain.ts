import type { CallOutcome, InformEvent, Strain, StrainReason } from "../ports/index.ts";
import { each, stay, then } from "./decision.ts";
import { end } from "./ending.ts";
import { hasBooted } from "./operation.ts";
import type { Change, Decision, DeviceState } from "./state.ts";

/** So often in a row reading may do a device harm before it is left alone. */
const MOST_STRIKES = 3;
const FIRST_REST_MS = 300_000;
const LONGEST_REST_MS = 86_400_000;
/** A boot so soon after a silence is what the silence was about. */
const SAME_MS = 300_000;

const WORDS: Readonly<Record<StrainReason, string>> = {
  resources: "it has no resources for the least there is to ask",
  silent: "it did not answer",
  rebooted: "it rebooted while it was read",
};

/** A device that was read is not well. Several times in a row, and what reads it by itself, or at length, ends. */
export function strike(state: DeviceState, reason: StrainReason, now: number): Decision {
  const strain = struck(state.strain, reason, now);
  const { until } = strain;
  const next: DeviceState = { ...state, strain };
  const data = { reason, strikes: strain.strikes };
  const change: Change = {
    type: "record-strain",
    change: {
      device: state.key,
      strain,
      events:
        until === undefined
          ? []
          : [
              {
                at: now,
                device: state.key,
                name: "left-alone",
                data: { ...data, until: new Date(until).toISOString() },
              },
            ],
    },
  };
  const kept: Decision = { state: next, effects: [{ type: "commit", change }] };
  return until === undefined ? kept : then(kept, (reached) => leaveAlone(reached, { reason, until, now }));
}

/** The device answered a read: what was before is forgotten. */
export function ease(state: DeviceState, now: number): Decision {
  const { strain, ...rest } = state;
  if (strain === undefined) return stay(state);
  const events =
    strain.until === undefined ? [] : [{ at: now, device: state.key, name: "recovered", data: {} }];
  const change: Change = { type: "record-strain", change: { device: state.key, events } };
  return { state: rest, effects: [{ type: "commit", change }] };
}

/** A device that boots unasked while it is read, or right after it fell silent at that. */
export function strikeByBoot(
  state: DeviceState,
  {
    events,
    wasRead,
    now,
  }: { readonly events: readonly InformEvent[]; readonly wasRead: boolean; readonly now: number },
): Decision {
  const isAskedFor = events.some(({ code }) => code.startsWith("M ") || code === "0 BOOTSTRAP");
  if (!hasBooted(events) || isAskedFor) return stay(state);
  const { strain } = state;
  if (strain?.reason === "silent" && now - strain.at < SAME_MS) return relabel(state, strain);
  const { readLostAt, ...rest } = state;
  const isRecent = readLostAt !== undefined && now - readLostAt < SAME_MS;
  return wasRead || isRecent ? strike(rest, "rebooted", now) : stay(rest);
}

/** Whether the device itself kept silent: what its connection or the ACS lost says nothing of it. */
export function isSilent(outcome: CallOutcome): boolean {
  return outcome.type === "no-answer" && outcome.owed !== true;
}

function struck(strain: Strain | undefined, reason: StrainReason, now: number): Strain {
  const strikes = (strain?.strikes ?? 0) + 1;
  if (strikes < MOST_STRIKES) return { strikes, reason, at: now };
  const rest = Math.min(FIRST_REST_MS * 2 ** (strikes - MOST_STRIKES), LONGEST_REST_MS);
  return { strikes, reason, at: now, until: now + rest };
}

/** The same strike, seen better. */
function relabel(state: DeviceState, known: Strain): Decision {
  const strain: Strain = { ...known, reason: "rebooted" };
  const change: Change = { type: "record-strain", change: { device: state.key, strain, events: [] } };
  return { state: { ...state, strain }, effects: [{ type: "commit", change }] };
}

interface Rest {
  readonly reason: StrainReason;
  readonly until: number;
  readonly now: number;
}

function leaveAlone(state: DeviceState, { reason, until, now }: Rest): Decision {
  const given = state.queue.filter(
    ({ claim, reads, refresh, automatic }) =>
      claim === undefined && reads && (refresh !== undefined || automatic !== undefined),
  );
  const why = `the device is left alone until ${new Date(until).toISOString()}: ${WORDS[reason]}, several times in a row`;
  return each(state, given, (reached, operation) =>
    end(reached, operation, { state: "cancelled", at: now, reason: why }),
  );
}
