import { expect } from "../../case.ts";
import { describe, type Conversation } from "../../conversation.ts";
import { member, type Fields } from "../../json.ts";
import { expectServes, type AcsCase } from "./exchange.ts";

/** What the page says, where the ACS does not say itself. */
const PERIOD_MS = 30_000;
/** For a slow network. */
const LATE_MS = 3_000;
/** How long nothing must come before the device says something: less than the five seconds that an ACS waits. */
const SILENT_MS = 2_500;

/** Signs of life, in every subprotocol. */
export const livenessCases: readonly AcsCase[] = [
  {
    rule: "LIGHT-LIVE-3",
    text: "an empty text message is not answered, with one neither",
    async run(seat) {
      await using talk = await seat.converse();
      for (const nothing of ["", ""]) talk.say(nothing);
      const id = talk.freshId();
      talk.sayAside(talk.speech.request({ id, method: "GetRPCMethods" }));
      let said = await talk.said();
      while (said?.is === "ping") said = await talk.said();
      expect(
        said?.is === "answer" && talk.isIdOf(said, id),
        "no answer, and that the connection serves on",
        describe(said),
      );
    },
  },
  {
    rule: "LIGHT-LIVE-1",
    text: "the ACS pings a device that says nothing, as often as PingInterval says or every 30 s",
    needs: "time",
    async run(seat) {
      await using talk = await seat.converse();
      const periodMs = await periodOf(talk);
      const said = await talk.said(periodMs + LATE_MS);
      expect(said?.is === "ping", `a ping within ${periodMs / 1_000} s`, describe(said));
    },
  },
  {
    rule: "LIGHT-LIVE-1",
    text: "the ACS ends the connection of a device that answers no ping for two periods",
    needs: "time",
    async run(seat) {
      await using talk = await seat.converse();
      const periodMs = await periodOf(talk);
      talk.mute();
      // Two whole periods, and the one in which the last sign of life came.
      const end = await talk.end(3 * periodMs + LATE_MS);
      expect(end !== undefined, `an end within ${(3 * periodMs) / 1_000} s`, "nothing");
    },
  },
];

/** How often the ACS pings at least; in `cwmp.json` the answer to Attach says so. */
export async function periodOf(talk: Conversation, params: Fields = {}): Promise<number> {
  if (talk.speech.subprotocol !== "cwmp.json") {
    await expectServes(talk);
    return PERIOD_MS;
  }
  const { result } = await talk.result("Attach", params);
  return (Number(member(result, "PingInterval")) || PERIOD_MS / 1_000) * 1_000;
}

/** `cwmp.json` and `cwmp.soap`: an ACS lets the device speak first. */
export const firstWordCases: readonly AcsCase[] = [
  {
    rule: "LIGHT-ATTACH-1",
    text: "the ACS calls nothing before the device's first message",
    async run(seat) {
      const before = seat.calls.length;
      await using talk = await seat.connect();
      const heard = await talk.next(SILENT_MS);
      const called = seat.calls[before];
      expect(called === undefined && heard === undefined, "nothing", called?.text ?? describe(heard));
    },
  },
];
