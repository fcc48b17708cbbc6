import { callsSuite } from "./store-suite/calls.suite.ts";
import { claimsSuite } from "./store-suite/claims.suite.ts";
import { commitsSuite, durabilitySuite } from "./store-suite/commits.suite.ts";
import { connectionsSuite } from "./store-suite/connections.suite.ts";
import { credentialsSuite } from "./store-suite/credentials.suite.ts";
import { devicesSuite } from "./store-suite/devices.suite.ts";
import { interleavingsSuite } from "./store-suite/interleavings.suite.ts";
import { journalSuite } from "./store-suite/journal.suite.ts";
import { lightSuite } from "./store-suite/light.suite.ts";
import { operationsSuite } from "./store-suite/operations.suite.ts";
import { quirksSuite } from "./store-suite/quirks.suite.ts";
import { parametersSuite } from "./store-suite/parameters.suite.ts";
import { refreshesSuite } from "./store-suite/refreshes.suite.ts";
import { transfersSuite } from "./store-suite/transfers.suite.ts";
import type { On, OpenStore } from "./store-suite/store.fixture.ts";

/**
 * What every store promises. `open` gives a fresh one each time. `not` names what an adapter does not promise: `reopen`
 * where its data ends with it.
 */
export function storeSuite(
  test: (title: string, body: () => Promise<void>) => void,
  open: OpenStore,
  not: ReadonlySet<"reopen"> = new Set(),
): void {
  const on: On = (title, body) => {
    test(title, async () => {
      const opened = await open();
      try {
        await body(opened.store);
      } finally {
        await opened.remove();
      }
    });
  };
  devicesSuite(on);
  claimsSuite(on);
  quirksSuite(on);
  connectionsSuite(on);
  lightSuite(on);
  operationsSuite(on);
  refreshesSuite(on);
  callsSuite(on);
  transfersSuite(on);
  interleavingsSuite(on);
  parametersSuite(on);
  credentialsSuite(on);
  journalSuite(on);
  commitsSuite(on);
  durabilitySuite(test, open, not);
}
