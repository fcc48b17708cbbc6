import type { AcsSeat } from "../../acs/acs-seat.ts";
import { expect, NotTested } from "../../case.ts";
import type { Call } from "../../speech/speech.ts";
import { isFields, member } from "../../json.ts";
import { expectServes, type AcsCase } from "./exchange.ts";

/** How long a call is left unanswered, so that another shows. */
const HELD_MS = 1_500;

/** What the ACS called in the course of the run, looked at at its end. */
export const callCases: readonly AcsCase[] = [
  {
    rule: "LIGHT-LOSS-1",
    text: "no two calls of the ACS have the same id, on whatever connection they came",
    async run(seat) {
      const ids = (await calls(seat)).flatMap(({ id }) => (id === undefined ? [] : [JSON.stringify(id)]));
      const twice = ids.find((id, index) => ids.indexOf(id) !== index);
      expect(twice === undefined, "ids that are unique", `${twice} twice`);
    },
  },
];

/** `cwmp.soap`. It comes before the others, which wait for calls as well. */
export const soapCallCases: readonly AcsCase[] = [
  {
    rule: "LIGHT-SOAP-3",
    text: "the ACS makes no second call before the first is answered",
    async run(seat) {
      await using talk = await seat.converse();
      using held = seat.hold();
      await expectServes(talk);
      await talk.next(HELD_MS);
      if (held.count() === 0) throw new NotTested("the ACS called nothing: give it work for this device");
      expect(held.count() === 1, "one call", `${held.count()} calls`);
    },
  },
];

/** `cwmp.json`, and JSON bodies in STOMP. */
export const jsonCallCases: readonly AcsCase[] = [
  {
    rule: "LIGHT-TOKEN-5",
    text: "the params of each call are an object, or left out",
    async run(seat) {
      const odd = (await calls(seat)).find(({ params }) => params !== undefined && !isFields(params));
      expect(odd === undefined, "an object", odd?.text ?? "");
    },
  },
  {
    rule: "LIGHT-LIST-1",
    text: "the parameters of each SetParameterValues are grouped by object",
    async run(seat) {
      const sets = (await calls(seat)).filter(({ method }) => method === "SetParameterValues");
      if (sets.length === 0)
        throw new NotTested("the ACS set nothing: give it something to set for this device");
      for (const { params, text } of sets) {
        const list = member(params, "ParameterList");
        const isGrouped =
          isFields(list) &&
          Object.entries(list).every(([object, leaves]) => object.endsWith(".") && isFields(leaves));
        expect(isGrouped, "an object of objects by path", text);
      }
    },
  },
];

/** What the ACS called; where it called nothing yet, a connection is held for a while. */
async function calls(seat: AcsSeat): Promise<readonly Call[]> {
  if (seat.calls.length === 0) {
    await using talk = await seat.converse();
    await expectServes(talk);
    await talk.next();
  }
  if (seat.calls.length > 0) return seat.calls;
  throw new NotTested("the ACS called nothing: give it work for this device while the kit runs");
}
