import { expect } from "../../case.ts";
import { describe } from "../../conversation.ts";
import { exchange, expectServes, silence, type AcsCase } from "./exchange.ts";

/** The page says 30 s at most; the rest is for a slow network. */
const PING_MS = 33_000;
/** How long nothing must come before the device says something: less than the five seconds that an ACS waits. */
const SILENT_MS = 2_500;

/** Signs of life, in every subprotocol. */
export const livenessCases: readonly AcsCase[] = [
  exchange("LIGHT-LIVE-3", "an empty text message is not answered", { says: ["", ""], gets: silence }),
  {
    rule: "LIGHT-LIVE-1",
    text: "the ACS pings a device that says nothing, within 30 s",
    needs: "time",
    async run(seat) {
      await using talk = await seat.converse();
      await expectServes(talk);
      const said = await talk.said(PING_MS);
      expect(said?.is === "ping", "a ping", describe(said));
    },
  },
];

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
