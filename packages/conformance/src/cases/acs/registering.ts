import { expect, NotTested } from "../../case.ts";
import type { AcsSeat, Registration } from "../../acs/acs-seat.ts";
import { shortened } from "../../trail.ts";
import type { AcsCase } from "./exchange.ts";

const UNKNOWN = "x.unknown";

/** How an ACS refers a device that Informs over HTTP. */
export const registeringCases: readonly AcsCase[] = [
  {
    rule: "LIGHT-REFER-9",
    text: "a device that advertises nothing is answered, and referred nowhere",
    async run(seat) {
      expectNoReference(await seat.register({}));
    },
  },
  {
    rule: "LIGHT-REFER-4",
    text: "a device whose list has nothing that the ACS speaks is referred nowhere",
    async run(seat) {
      expectNoReference(await seat.register({ header: UNKNOWN }));
    },
  },
  {
    rule: "LIGHT-REFER-7",
    text: "a device whose password is wrong is referred nowhere",
    async run(seat) {
      const { login } = seat.target;
      if (login === undefined) throw new NotTested("the kit has no password: --user and --password");
      const { informed, reference } = await seat.registerAs(
        { ...login, password: `${login.password}-wrong` },
        { header: seat.target.subprotocol },
      );
      if (informed.status === 200) throw new NotTested("this ACS lets a device in without its password");
      expect(reference === undefined, "no reference", shortened(informed.text));
    },
  },
  {
    rule: "LIGHT-REFER-2",
    text: "a device that advertises by a parameter alone is referred, in the header or by SetParameterValues",
    async run(seat) {
      const { reference, calls, informed } = await seat.register({ parameter: seat.target.subprotocol });
      const given = calls.find(({ text }) => text.includes("X_HELIOGRAPH_WebSocketToken"));
      expect(reference !== undefined || given !== undefined, "a reference", shortened(informed.text));
    },
  },
  {
    rule: "LIGHT-REFER-5",
    text: "the parameters of the reference come together, in one SetParameterValues of the session",
    async run(seat) {
      const { calls, ended } = await seat.register({ parameter: seat.target.subprotocol });
      const given = calls.find(({ text }) => text.includes("X_HELIOGRAPH_WebSocketToken"));
      const came = `${calls.map(({ method }) => method).join(", ") || "no call"}, then HTTP ${ended}`;
      expect(given?.method === "SetParameterValues", "a SetParameterValues of the token", came);
      expect(given.text.includes("X_HELIOGRAPH_WebSocketURL"), "the URL with it", shortened(given.text));
    },
  },
  {
    rule: "LIGHT-REFER-3",
    text: "the header WebSocketReference has URL, Subprotocol, Token, ExpiresIn and mustUnderstand 0",
    async run(seat) {
      const { reference, written, informed } = await refer(seat, seat.target.subprotocol);
      expect(/mustUnderstand\s*=\s*["']0["']/.test(written), "mustUnderstand 0", written);
      expect(/^wss?:\/\//.test(reference.url), "a WebSocket URL", reference.url);
      expect(reference.expiresIn > 0, "ExpiresIn in seconds", String(reference.expiresIn));
      expect(/^[\w.~+/=-]+$/.test(reference.token), "a token of the characters of a Bearer", "others");
      expect(
        /<(?:[\w.-]+:)?MaxEnvelopes>/.test(informed.text),
        "the Body of an InformResponse",
        informed.text,
      );
    },
  },
  {
    rule: "LIGHT-REFER-4",
    text: "the Subprotocol is the first of the list that the ACS speaks",
    async run(seat) {
      const { subprotocol } = seat.target;
      const { reference } = await refer(seat, `${UNKNOWN} ${subprotocol}`);
      expect(reference.subprotocol === subprotocol, subprotocol, reference.subprotocol);
    },
  },
  {
    rule: "LIGHT-HAND-1",
    text: "a session that carried a reference carries no call; its empty POST gets 204",
    async run(seat) {
      const { calls, ended } = await refer(seat, seat.target.subprotocol);
      const came = `${calls.map(({ method }) => method).join(", ") || "no call"}, then HTTP ${ended}`;
      expect(calls.length === 0 && ended === 204, "no call, HTTP 204", came);
    },
  },
];

type Referred = Registration & {
  readonly reference: NonNullable<Registration["reference"]>;
  readonly written: string;
};

async function refer(seat: AcsSeat, header: string): Promise<Referred> {
  const registration = await seat.register({ header });
  const { reference, written, informed } = registration;
  const came = `HTTP ${informed.status} ${shortened(informed.text)}`;
  expect(reference !== undefined && written !== undefined, "a reference", came);
  return { ...registration, reference, written };
}

function expectNoReference({ informed, written, calls }: Registration): void {
  expect(informed.status === 200, "an InformResponse", `HTTP ${informed.status}`);
  const given = calls.find(({ text }) => text.includes("X_HELIOGRAPH_WebSocketToken"));
  expect(written === undefined && given === undefined, "no reference", written ?? given?.text ?? "");
}
