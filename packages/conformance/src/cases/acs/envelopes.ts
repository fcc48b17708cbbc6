import { informParams } from "../../acs/acs-seat.ts";
import { expect, NotTested } from "../../case.ts";
import { describe } from "../../conversation.ts";
import { envelope, rpcBody } from "../../speech/envelope.ts";
import { elementIn, namespaceIn, textIn } from "../../speech/xml.ts";
import {
  answer,
  close,
  exchange,
  expectNext,
  expectServes,
  fault,
  returned,
  silence,
  type AcsCase,
} from "./exchange.ts";

const [CWMP, SOAP] = ["urn:dslforum-org:cwmp-1-2", "http://schemas.xmlsoap.org/soap/envelope/"];
const METHODS = rpcBody("GetRPCMethods", {});
const DEEP = 70;
const LONGEST_BYTES = 1_048_576;
const TRANSFER = {
  CommandKey: "kit",
  FaultStruct: { FaultCode: 0, FaultString: "" },
  StartTime: "2026-01-31T12:01:00Z",
  CompleteTime: "2026-01-31T12:02:00Z",
};
const HOLD = '<cwmp:HoldRequests soap-env:mustUnderstand="1">1</cwmp:HoldRequests>';

/** `cwmp.soap`: envelopes on the socket. */
export const envelopeCases: readonly AcsCase[] = [
  {
    rule: "LIGHT-SOAP-1",
    text: "an answer is one envelope, in the CWMP namespace and with the declaration that the device writes",
    async run(seat) {
      await using talk = await seat.converse();
      await talk.result("Inform", informParams(seat.target.device, "2 PERIODIC"));
      const { text } = await talk.result("GetRPCMethods");
      const spoken = namespaceIn(text, "GetRPCMethodsResponse");
      expect(spoken === CWMP, `GetRPCMethodsResponse in ${CWMP}`, spoken ?? "no namespace");
      const soap = namespaceIn(text, "Envelope");
      expect(soap === SOAP, `Envelope in ${SOAP}`, soap ?? "no namespace");
      expect(!text.trimStart().startsWith("<?xml"), "no XML declaration, as the device writes none", text);
      expect(/<(?:[\w.-]+:)?MethodList/.test(text), "a MethodList", text);
    },
  },
  exchange("LIGHT-SOAP-2", "an answer to nothing that was asked is passed over", {
    says: [envelope(rpcBody("GetParameterNamesResponse", { ParameterList: {} }), { id: "never-asked" })],
    gets: silence,
  }),
  {
    rule: "LIGHT-SOAP-3",
    text: "a second request that does not wait for the answer to the first gets fault 8004",
    async run(seat) {
      await using talk = await seat.converse();
      const inform = rpcBody("Inform", informParams(seat.target.device, "2 PERIODIC"));
      talk.say(envelope(inform, { id: "first" }));
      talk.say(envelope(METHODS, { id: "second" }));
      const both = [await talk.next(), await talk.next()];
      const came = both.map(describe).join(", ");
      const isInTurn = both.every(
        (heard, index) => heard?.is === "answer" && heard.text.includes(["InformR", "MethodsR"][index] ?? ""),
      );
      if (isInTurn) {
        throw new NotTested("the ACS may have answered the first before it saw the second");
      }
      const refused = both.find((heard) => heard?.is === "fault" && heard.code === 8004);
      const served = both.find((heard) => heard?.is === "answer" && heard.text.includes("InformResponse"));
      expect(
        refused !== undefined && served !== undefined,
        "fault 8004 to the second, an answer to the first",
        came,
      );
    },
  },
  exchange("LIGHT-SOAP-4", "a request is answered with the ID that it had", {
    says: [envelope(METHODS, { id: "an id <&> of mine" })],
    gets: returned("an id <&> of mine"),
  }),
  exchange("LIGHT-SOAP-4", "a request without an ID is answered without one", {
    says: [envelope(METHODS)],
    gets: returned(undefined),
  }),
  {
    rule: "LIGHT-SOAP-5",
    text: "the answer to an Inform carries a fresh reference, which opens the next socket",
    async run(seat) {
      const { token } = await seat.reference();
      const fresh = await informedToken(seat);
      expect(fresh !== token, "another token", "the one that opened the socket");
      seat.renew(fresh);
      await using talk = await seat.converse();
      await expectServes(talk);
    },
  },
  exchange("LIGHT-SOAP-7", "a method that no ACS has gets fault 8000", {
    says: [envelope(rpcBody("X_5A5A5A_Nothing", {}), { id: "s7" })],
    gets: fault(8000, "s7"),
  }),
  exchange("LIGHT-SOAP-7", "a request that cannot be understood gets fault 8003", {
    says: [envelope(rpcBody("Inform", {}), { id: "s8" })],
    gets: fault(8003, "s8"),
  }),
  exchange("LIGHT-SOAP-8", "what is no XML closes the connection with 1003", {
    says: ["this is no XML"],
    gets: close(1003),
  }),
  exchange("LIGHT-SOAP-8", "a binary message closes the connection with 1003", {
    says: [Buffer.from(envelope(METHODS, { id: "s9" }))],
    gets: close(1003),
  }),
  exchange("LIGHT-SOAP-8", "XML that is no envelope gets fault 8003 without an ID", {
    says: ["<hello/>"],
    gets: fault(8003, undefined),
  }),
  exchange("LIGHT-SOAP-8", `XML that is ${DEEP} levels deep gets fault 8004 without an ID`, {
    says: [envelope(`${"<a>".repeat(DEEP)}${"</a>".repeat(DEEP)}`, { id: "s10" })],
    gets: fault(8004, undefined),
  }),
  exchange("LIGHT-SOAP-9", "HoldRequests is passed over", {
    says: [envelope(METHODS, { id: "s11", header: HOLD })],
    gets: answer("s11"),
  }),
  {
    rule: "LIGHT-SOAP-11",
    text: "a TransferComplete is answered with its response",
    async run(seat) {
      await using talk = await seat.converse();
      const { text } = await talk.result("TransferComplete", TRANSFER);
      expect(/<(?:[\w.-]+:)?TransferCompleteResponse/.test(text), "a TransferCompleteResponse", text);
    },
  },
  {
    rule: "LIGHT-TOKEN-14",
    text: "a message of more than 1 MiB closes the connection with 1009",
    async run(seat) {
      await using talk = await seat.converse();
      talk.say(envelope(`${METHODS}<!--${"x".repeat(LONGEST_BYTES)}-->`, { id: "s12" }));
      await expectNext(talk, close(1009));
    },
  },
];

async function informedToken(seat: Parameters<AcsCase["run"]>[0]): Promise<string> {
  await using talk = await seat.converse();
  const { text } = await talk.result("Inform", informParams(seat.target.device, "2 PERIODIC"));
  const reference = elementIn(text, "WebSocketReference")?.inside ?? "";
  const [token, subprotocol] = [textIn(reference, "Token"), textIn(reference, "Subprotocol")];
  expect(token !== undefined && subprotocol === "cwmp.soap", "a reference to cwmp.soap with a Token", text);
  return token;
}
