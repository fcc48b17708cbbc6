import { accessSuite } from "./store-suite/access.suite.ts";
import { backupsSuite } from "./store-suite/backups.suite.ts";
import { callsSuite } from "./store-suite/calls.suite.ts";
import { campaignsSuite } from "./store-suite/campaigns.suite.ts";
import { channelsSuite } from "./store-suite/channels.suite.ts";
import { claimsSuite } from "./store-suite/claims.suite.ts";
import { commitsSuite, durabilitySuite } from "./store-suite/commits.suite.ts";
import { connectionsSuite } from "./store-suite/connections.suite.ts";
import { credentialsSuite } from "./store-suite/credentials.suite.ts";
import { devicesSuite } from "./store-suite/devices.suite.ts";
import { groupsSuite } from "./store-suite/groups.suite.ts";
import { interleavingsSuite } from "./store-suite/interleavings.suite.ts";
import { journalSuite } from "./store-suite/journal.suite.ts";
import { leasesSuite } from "./store-suite/leases.suite.ts";
import { lightSuite } from "./store-suite/light.suite.ts";
import { monitorSuite } from "./store-suite/monitor.suite.ts";
import { operationsSuite } from "./store-suite/operations.suite.ts";
import { ownersSuite } from "./store-suite/owners.suite.ts";
import { quirksSuite } from "./store-suite/quirks.suite.ts";
import { parametersSuite } from "./store-suite/parameters.suite.ts";
import { configurationsSuite } from "./store-suite/configurations.suite.ts";
import { policiesSuite } from "./store-suite/policies.suite.ts";
import { refreshesSuite } from "./store-suite/refreshes.suite.ts";
import { searchSuite } from "./store-suite/search.suite.ts";
import { tagsSuite } from "./store-suite/tags.suite.ts";
import { transfersSuite } from "./store-suite/transfers.suite.ts";
import { webhooksSuite } from "./store-suite/webhooks.suite.ts";
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
  channelsSuite(on);
  monitorSuite(on);
  policiesSuite(on);
  configurationsSuite(on);
  claimsSuite(on);
  tagsSuite(on);
  groupsSuite(on);
  searchSuite(on);
  quirksSuite(on);
  connectionsSuite(on);
  lightSuite(on);
  ownersSuite(on);
  operationsSuite(on);
  leasesSuite(on);
  refreshesSuite(on);
  callsSuite(on);
  transfersSuite(on);
  backupsSuite(on);
  campaignsSuite(on);
  webhooksSuite(on);
  interleavingsSuite(on);
  parametersSuite(on);
  credentialsSuite(on);
  accessSuite(on);
  journalSuite(on);
  commitsSuite(on);
  durabilitySuite(test, open, not);
}
