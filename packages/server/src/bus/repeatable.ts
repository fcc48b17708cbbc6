import { askedSubject, subjects } from "../ports/index.ts";
import { matches } from "./subscriptions.ts";

/**
 * What may be asked again where nobody knows whether it was heard: each has an id by which it is stored once, or changes
 * nothing, or comes to the same the second time. An Inform of a session is not among them, nor is what hands out a call: the
 * device comes again with the one, the other is settled by who owns the device; a call over a light connection is asked again
 * in words of its own.
 */
const REPEATABLE: readonly (readonly string[])[] = [
  subjects.everyRpc,
  "hg.v1.engine.*.device.*.rpc",
  subjects.acceptAll,
  subjects.connect,
  "hg.v1.engine.*.attach",
  "hg.v1.engine.*.inform",
  subjects.everyRelieve,
  subjects.engines,
  subjects.here,
  subjects.wake,
].map((pattern) => pattern.split("."));

export function isRepeatable(subject: string): boolean {
  const tokens = askedSubject(subject).split(".");
  return REPEATABLE.some((pattern) => matches(pattern, tokens));
}
