import { expect, NotTested } from "../../case.ts";
import { describe } from "../../conversation.ts";
import { expectAnswers, talking, type DeviceCase } from "./asking.ts";

const ESCAPED = "a:b\\c\nd\re";
const OFTEN_MS = 1_000;
const LATE_MS = 2_000;
const NAMES = { method: "GetParameterNames", params: { ParameterPath: "", NextLevel: true } };

/** `v12.stomp`: the frames of a device. */
export const deviceFrameCases: readonly DeviceCase[] = [
  talking(
    "STOMP-VERSION-1",
    "the first frame is CONNECT or STOMP, and accepts version 1.2",
    async (_, seat) => {
      const { opening } = await seat.connection();
      expect(opening !== undefined, "CONNECT or STOMP", "another frame");
      const accepts = opening.headers.get("accept-version") ?? "";
      expect(accepts.split(",").includes("1.2"), "1.2 in accept-version", opening.text);
    },
  ),
  talking("STOMP-RPC-2", "an answer has the status ok, a fault the status fault", async (talk) => {
    const { text } = await talk.result(NAMES.method, NAMES.params);
    expect(text.includes("\nstatus:ok\n"), "status:ok", text);
    const refusal = await talk.ask("X_5A5A5A_Nothing");
    expect(refusal.text.includes("\nstatus:fault\n"), "status:fault", refusal.text);
  }),
  talking("STOMP-ESCAPE-3", "a request-id with every escape of 1.2 comes back as it was", async (talk) => {
    const id = `${talk.freshId()}-${ESCAPED}`;
    talk.say(talk.speech.request({ id, ...NAMES }));
    await talk.answerTo(id);
  }),
  talking("STOMP-BODY-2", "a body with content-length may have a NUL in it", async (talk) => {
    const id = talk.freshId();
    const call = talk.speech.request({ id, ...NAMES });
    // One byte for another: the length stays.
    talk.say(call.replace('"ParameterPath"', '"Parameter\0ath"'));
    await talk.answerTo(id);
    await expectAnswers(talk);
  }),
  {
    rule: "STOMP-BEAT-3",
    text: "a device that promised heart-beats sends them as often as was agreed on",
    needs: "time",
    async run(seat) {
      const before = await seat.connection();
      seat.heartBeat = `0,${OFTEN_MS}`;
      before.talk.close(1001, "1");
      seat.ended();
      const { talk, opening } = await seat.connection();
      seat.heartBeat = "0,0";
      const [promised = 0] = (opening?.headers.get("heart-beat") ?? "0,0").split(",").map(Number);
      if (promised === 0) throw new NotTested("the device promises no heart-beats");
      const periodMs = Math.max(promised, OFTEN_MS);
      for (let beat = 0; beat < 2; beat += 1) {
        const said = await talk.said(periodMs + LATE_MS);
        expect(said?.is === "life", `a heart-beat within ${periodMs / 1_000} s`, describe(said));
      }
    },
  },
];
