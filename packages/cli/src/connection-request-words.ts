import type { ConnectionRequestOutcome, Device } from "@heliograph/api";
import { clockTime, relativeTime } from "./time-words.ts";

const RESULTS: Readonly<Record<ConnectionRequestOutcome["result"], string>> = {
  accepted: "was accepted",
  sent: "went out by UDP",
  busy: "found it busy",
  unauthorized: "was refused, with the ACS's credentials",
  refused: "was refused",
  unreachable: "was not answered",
  forbidden: "was not sent, since the ACS does not send there",
  impossible: "could not be sent",
};

/** What became of connection requests to a device, in a sentence. */
export function connectionRequestSentence({ connectionRequest, reachability }: Device, now: number): string {
  const { attempts, last, next } = connectionRequest;
  if (reachability === "connected" && next === undefined) return "none needed, it is connected";
  const due = next === undefined ? "" : `${relativeTime(next, now)}, at ${clockTime(next)}`;
  if (last === undefined) return due === "" ? "none was needed yet" : `the first is due ${due}`;
  const which = attempts > 1 ? `the last of ${attempts}` : "the last one";
  const sentence = `${which}, ${relativeTime(last.at, now)}, ${RESULTS[last.result]} (${last.detail})`;
  return due === "" ? sentence : `${sentence}; the next try is ${due}`;
}
