import type { LetterSender, Spans } from "../../ports/index.ts";
import type { CallBook } from "./call-book.ts";

const OPERATION = /"operation":"([0-9a-f]{32})"/g;

/** Letters that say to which span they belong: that of the first operation they tell of whose span is known, else their own. */
export function spannedLetters(letters: LetterSender, spans: Spans, book: CallBook): LetterSender {
  return {
    async send(letter) {
      const operations = [...letter.body.matchAll(OPERATION)].map(([, operation = ""]) => operation);
      const parent = operations.map((operation) => book.ofOperation(operation)).find(isKnown);
      const attributes = { "heliograph.webhook": letter.id };
      const span = spans.begin({ name: "send webhook", kind: "client", parent, attributes });
      const outcome = await letters.send({ ...letter, traceparent: span.traceparent });
      span.end(outcome.type === "taken" ? {} : { failure: outcome.reason });
      return outcome;
    },
  };
}

function isKnown(traceparent: string | undefined): traceparent is string {
  return traceparent !== undefined;
}
