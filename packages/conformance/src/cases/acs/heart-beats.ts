import { expect, NotTested } from "../../case.ts";
import type { AcsSeat } from "../../acs/acs-seat.ts";
import { describe, type Conversation } from "../../conversation.ts";
import { stompFrame } from "../../speech/stomp-frames.ts";
import type { AcsCase } from "./exchange.ts";

/** What is asked for; an ACS that can less often says so. */
const OFTEN_MS = 200;
/** A beat may be so late as the network makes it. */
const LATE_MS = 2_000;

/** `v12.stomp`: whether heart-beats are kept as they were agreed on. */
export const beatCases: readonly AcsCase[] = [
  {
    rule: "STOMP-BEAT-3",
    text: "an ACS that offered heart-beats sends them as often as was agreed on",
    needs: "time",
    async run(seat) {
      const { talk: opened, offers } = await agree(seat, `0,${OFTEN_MS}`);
      await using talk = opened;
      if (offers === 0) throw new NotTested("the ACS offers no heart-beats");
      const periodMs = Math.max(offers, OFTEN_MS);
      for (let beat = 0; beat < 2; beat += 1) {
        const said = await nextSign(talk, periodMs + LATE_MS);
        expect(said?.is === "life", `a heart-beat within ${periodMs / 1_000} s`, describe(said));
      }
    },
  },
  {
    rule: "STOMP-BEAT-4",
    text: "a device that leaves out the heart-beats it promised loses its connection after twice the time",
    needs: "time",
    async run(seat) {
      const { talk: opened, wants } = await agree(seat, `${OFTEN_MS},0`);
      await using talk = opened;
      if (wants === 0) throw new NotTested("the ACS wants no heart-beats");
      talk.mute();
      const end = await talk.end(2 * Math.max(wants, OFTEN_MS) + LATE_MS);
      expect(end !== undefined, "the connection's end", "nothing");
    },
  },
];

interface Agreed {
  readonly talk: Conversation;
  readonly offers: number;
  readonly wants: number;
}

async function agree(seat: AcsSeat, heartBeat: string): Promise<Agreed> {
  const talk = await seat.connect();
  talk.say(stompFrame("CONNECT", { "accept-version": "1.2", host: "kit", "heart-beat": heartBeat }));
  const heard = await talk.next();
  expect(heard?.is === "frame" && heard.command === "CONNECTED", "CONNECTED", describe(heard));
  const [offers = 0, wants = 0] = (heard.headers.get("heart-beat") ?? "0,0").split(",").map(Number);
  return { talk, offers, wants };
}

/** Pings may come besides. */
async function nextSign(talk: Conversation, waitMs: number) {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const said = await talk.said(Math.max(0, deadline - performance.now()));
    if (said === undefined || said.is !== "ping") return said;
  }
}
