import { expect, NotTested } from "../../case.ts";
import { describe, type Conversation, type Said } from "../../conversation.ts";
import { PERIOD_SECONDS, type DeviceSeat } from "../../device/device-seat.ts";
import { member } from "../../json.ts";
import { talking, type DeviceCase } from "./asking.ts";

/** For a slow network. */
const LATE_MS = 5_000;

/** How a device shows that it is there, and finds out that the ACS is not. */
export const livingCases: readonly DeviceCase[] = [
  talking("LIGHT-LIVE-1", "the device answers a ping, or says something", async (talk) => {
    talk.ping();
    const said = await sign(talk);
    expect(said !== undefined, "a pong, or anything else", describe(said));
  }),
  talking(
    "LIGHT-LIVE-2",
    "a device that asked for KeepAlive answers an empty text message",
    async (talk, seat) => {
      const { calls } = await seat.connection();
      const attach = calls.findLast(({ method }) => method === "Attach");
      if (member(attach?.params, "KeepAlive") !== true)
        throw new NotTested("the device did not ask for KeepAlive");
      talk.say("");
      const said = await sign(talk);
      expect(said !== undefined && said.is !== "pong", "an empty text message, or another", describe(said));
    },
  ),
  {
    rule: "LIGHT-LIVE-4",
    text: "after two silent periods the device gives the connection up, and opens another",
    needs: "time",
    async run(seat) {
      const period = await silencePeriod(seat);
      const { talk } = await seat.connection();
      seat.isSilent = true;
      try {
        const end = await talk.end(2_000 * period + LATE_MS);
        expect(end !== undefined, `an end within ${2 * period} s`, "nothing");
      } finally {
        [seat.isSilent, seat.periodSeconds] = [false, PERIOD_SECONDS];
        seat.ended();
      }
      await seat.connection();
    },
  },
];

/** Has the device come again, and be told of short periods where that can be. */
async function silencePeriod(seat: DeviceSeat): Promise<number> {
  if (seat.subprotocol !== "cwmp.json") return PERIOD_SECONDS;
  const { talk } = await seat.connection();
  seat.periodSeconds = 2;
  talk.close(1001, "1");
  seat.ended();
  await seat.connection();
  return seat.periodSeconds;
}

/** The next sign that the device is there. */
async function sign(talk: Conversation): Promise<Said | undefined> {
  const said = await talk.said();
  if (said?.is === "closed") expect(false, "a connection that stays", describe(said));
  return said;
}
