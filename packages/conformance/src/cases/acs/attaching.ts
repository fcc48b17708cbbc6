import { informParams } from "../../acs/acs-seat.ts";
import { expect } from "../../case.ts";
import { describe } from "../../conversation.ts";
import { member, type Json } from "../../json.ts";
import { expectServes, type AcsCase } from "./exchange.ts";
import { periodOf } from "./liveness.ts";

/** For a slow network. */
const LATE_MS = 3_000;

/** `cwmp.json`: Attach, and what follows from it. */
export const attachingCases: readonly AcsCase[] = [
  {
    rule: "LIGHT-ATTACH-2",
    text: "Attach is answered with Session, Token, ExpiresIn, PingInterval, MaxInFlight and MaxMessageBytes",
    async run(seat) {
      await using talk = await seat.converse();
      const { result, text } = await talk.result("Attach", { MaxInFlight: 4, ReplayWindow: 8 });
      for (const name of ["Session", "Token"]) {
        expect(isText(member(result, name)), `${name}, which is text`, text);
      }
      for (const name of ["ExpiresIn", "PingInterval", "MaxInFlight", "MaxMessageBytes"]) {
        expect(Number(member(result, name)) > 0, `${name}, which is a number above 0`, text);
      }
    },
  },
  {
    rule: "LIGHT-ATTACH-2",
    text: "the token of an answer to Attach is a fresh one, and opens the next socket",
    async run(seat) {
      const { token } = await seat.reference();
      const fresh = await attachedToken(seat);
      expect(fresh !== token, "another token", "the one that opened the socket");
      seat.renew(fresh);
      await using talk = await seat.converse();
      await expectServes(talk);
    },
  },
  {
    rule: "LIGHT-ATTACH-3",
    text: "Attach may come again",
    async run(seat) {
      await using talk = await seat.converse();
      await talk.result("Attach", { MaxInFlight: 4 });
      const again = await talk.result("Attach");
      expect(isText(member(again.result, "Token")), "another Token", again.text);
    },
  },
  {
    rule: "LIGHT-EVENT-2",
    text: "an Inform over the socket is answered with MaxEnvelopes",
    async run(seat) {
      await using talk = await seat.converse();
      const { result, text } = await talk.result(
        "Inform",
        informParams(seat.target.device, "4 VALUE CHANGE"),
      );
      expect(member(result, "MaxEnvelopes") === 1, "MaxEnvelopes 1", text);
    },
  },
  {
    rule: "LIGHT-EVENT-1",
    text: "a TransferComplete is answered with {}",
    async run(seat) {
      await using talk = await seat.converse();
      const [StartTime, CompleteTime] = ["2026-01-31T12:01:00Z", "2026-01-31T12:02:00Z"];
      const report = { CommandKey: "kit", FaultStruct: { FaultCode: 0 }, StartTime, CompleteTime };
      const { result, text } = await talk.result("TransferComplete", report);
      expect(JSON.stringify(result) === "{}", "the result {}", text);
    },
  },
  {
    rule: "LIGHT-LIVE-2",
    text: "a device that asks for KeepAlive is sent an empty text message as often as PingInterval says",
    needs: "time",
    async run(seat) {
      await using talk = await seat.converse();
      const said = await talk.said((await periodOf(talk, { KeepAlive: true })) + LATE_MS);
      expect(said?.is === "life", "an empty text message", describe(said));
    },
  },
];

/** Who a device is. It comes last: an ACS may be wary of this device afterwards. */
export const impostorCases: readonly AcsCase[] = [
  {
    rule: "LIGHT-OPEN-9",
    text: "an Inform on the socket that names another device gets fault 8001, and the socket closes with 4501",
    needs: "destruction",
    async run(seat) {
      await using talk = await seat.converse();
      const other = { ...seat.target.device, serialNumber: `${seat.target.device.serialNumber}-other` };
      const heard = await talk.ask("Inform", informParams(other, "2 PERIODIC"));
      expect(heard.is === "fault" && heard.code === 8001, "a fault 8001", describe(heard));
      await talk.closing(4501);
      seat.forget();
    },
  },
  {
    rule: "LIGHT-OPEN-11",
    text: "more than three replacements of a socket that still answers: the newcomer gets 503",
    needs: "destruction",
    async run(seat) {
      await using held = new AsyncDisposableStack();
      for (let count = 0; count < 6; count += 1) {
        const opening = await seat.open();
        if (opening.is === "refused") {
          expect(opening.status === 503, "HTTP 503", `HTTP ${opening.status}`);
          return;
        }
        const talk = held.use(seat.talkOver(opening));
        if (seat.target.subprotocol !== "v12.stomp") await expectServes(talk);
      }
      expect(false, "HTTP 503", "six open sockets");
    },
  },
];

const isText = (value: Json | undefined): value is string => typeof value === "string" && value !== "";

async function attachedToken(seat: Parameters<AcsCase["run"]>[0]): Promise<string> {
  await using talk = await seat.converse();
  const { result, text } = await talk.result("Attach");
  const token = member(result, "Token");
  expect(isText(token), "a Token", text);
  return token;
}
