import { startBackups } from "../engine/backups.ts";
import { startCampaigns } from "../engine/campaigns.ts";
import { startEngine, type EngineSettings } from "../engine/engine.ts";
import { startNotifying } from "../engine/notifications/notifying.ts";
import { startBringingAbout } from "../engine/policies/bringing-about.ts";
import { startWebhooks } from "../engine/webhooks.ts";
import { fileComparer } from "../store/files/compare-files.ts";
import { LIGHT_KIDS, type Ground } from "./ground.ts";
import { letterSender } from "./letter-sender.ts";
import { lightKeys, lightTokenMinter } from "./light-tokens.ts";
import type { Settings } from "./settings.ts";
import { transferUrls } from "./transfer-urls.ts";
import { webhookSeal } from "./webhook-secrets.ts";

const DAY_MS = 86_400_000;
/** For whoever a webhook leads to, to take a letter. */
const LETTER_MS = 10_000;

const engineSettings: Omit<EngineSettings, "lightGraceMs" | "callTimeoutMs" | "transferMs" | "isAlone"> = {
  maxOpenOperations: 100,
  defaultExpiryMs: DAY_MS,
  /** As many as a transaction may hold [LIGHT 5]. */
  maxRpcs: 100,
  retention: {
    eventsMs: 30 * DAY_MS,
    maxEvents: 10_000_000,
    operationsMs: 90 * DAY_MS,
    auditMs: 365 * DAY_MS,
  },
};

/** Starts the engine, and what works by itself in one engine at a time. `ownUrl`: where devices reach this process, once they do. */
export async function startEngineRole(
  { ports, settings, secret, files, links, spanning, starting }: Ground,
  { ownUrl }: { readonly ownUrl: () => string },
): Promise<void> {
  // Nobody is connected yet, whatever an earlier run left in the store when it was killed.
  if (isAlone(settings)) await ports.store.commit("close-stale-connections", { at: ports.clock.now() });
  const { signing } = lightKeys(secret, LIGHT_KIDS);
  const { publicUrl } = settings;
  const urls = transferUrls({ files, links, publicUrl, ownUrl });
  const engine = await startEngine(
    { ...ports, tokens: lightTokenMinter(signing, ports.clock), urls },
    {
      ...engineSettings,
      lightGraceMs: settings.lightGraceSeconds * 1_000,
      callTimeoutMs: settings.callTimeoutSeconds * 1_000,
      transferMs: settings.transferTimeoutSeconds * 1_000,
      isAlone: isAlone(settings),
    },
  );
  starting.defer(() => engine.close());
  engine.whileKeeper(() => startBackups({ ...ports, files, comparer: fileComparer(files) }));
  engine.whileKeeper(() => startCampaigns(ports));
  engine.whileKeeper(() => startBringingAbout({ ...ports, files }));
  engine.whileKeeper(() => startNotifying(ports));
  const { webhookNetworks: networks } = settings;
  const letters = letterSender({ seal: webhookSeal(secret), networks, timeoutMs: LETTER_MS });
  engine.whileKeeper(() => startWebhooks({ ...ports, letters: spanning?.letters(letters) ?? letters }));
}

/** Whether no other process can be connected to devices of the same store. */
export function isAlone({ database, nats }: Settings): boolean {
  return database === undefined || nats === undefined;
}
