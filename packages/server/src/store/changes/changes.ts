import type { Changes, ChangeType, ResultOf } from "../../ports/index.ts";
import type { Database } from "../database.ts";
import type { WrittenChanges } from "../written-change.ts";
import { addToken, revokeToken } from "./access.ts";
import {
  addBackupPlan,
  beginBackup,
  forgetDropped,
  removeBackupPlan,
  seedBackupTurns,
  settleBackup,
} from "./backups.ts";
import { claimCall, endOperation, recordOutcome, releaseCall, replanRefresh } from "./call.ts";
import {
  addCampaign,
  closeCampaign,
  forgetCampaign,
  gatherCampaign,
  markCampaign,
  moveCampaign,
  settleCampaign,
} from "./campaigns.ts";
import {
  movePosition,
  publish,
  recordResult,
  removeChannel,
  renewChannel,
  setChannel,
  setMember,
} from "./channels.ts";
import { approveClaim, claimDevice, dropClaim, rejectClaim } from "./claims.ts";
import { closeConnection, openConnection, recordReport, recordWake } from "./connection.ts";
import { recordCompliance } from "./compliance.ts";
import { removeConfiguration, setConfiguration } from "./configurations.ts";
import { confirmCredentials, refuseCredentials, rotateCredentials, stageCredentials } from "./credentials.ts";
import { enrolDevice, removeDevice, setApproval } from "./enrolment.ts";
import { addGrant, changeGrant, revokeGrant } from "./grants.ts";
import { countGroups, recountGroups, removeGroup, setGroup } from "./groups.ts";
import { storeAudit } from "./journal.ts";
import { endLease, expireLease, takeLease } from "./leases.ts";
import { closeStaleConnections, lapseDevice, openLightConnection, recordInform } from "./light.ts";
import { borrowNotifications, putBackNotifications, returnNotifications } from "./notifications.ts";
import { acceptOperation, acceptOperations } from "./operation.ts";
import { moveRollout, publishPolicy, removePolicy, setPolicy } from "./policies.ts";
import { beginCompliance, endCompliance } from "./policy-members.ts";
import { importQuirks, learnQuirks, setQuirk } from "./quirks.ts";
import { claimWake, leaveDuty, takeDuty, takeOverDevice } from "./ownership.ts";
import { recordStrain, relieveDevice } from "./strain.ts";
import { recordProgress, settleTransfer } from "./transfer.ts";
import { setTags } from "./tags.ts";
import { moveRelay, prune } from "./upkeep.ts";
import {
  addWebhook,
  buryLetter,
  failWebhook,
  moveWebhook,
  removeWebhook,
  resendLetters,
  settleLetter,
} from "./webhooks.ts";
import { addUser, changeUser, removeRole, removeUser, setRole } from "./users.ts";

type ChangeTable = {
  readonly [T in ChangeType]: (db: Database, change: WrittenChanges[T]) => Changes[T]["result"];
};

/** How each change is made, inside a transaction that the caller holds. */
const changes: ChangeTable = {
  "set-tags": setTags,
  "set-group": setGroup,
  "remove-group": removeGroup,
  "recount-groups": recountGroups,
  "count-groups": countGroups,
  "enrol-device": enrolDevice,
  "open-connection": openConnection,
  "open-light-connection": openLightConnection,
  "close-connection": closeConnection,
  "close-stale-connections": closeStaleConnections,
  "take-over-device": takeOverDevice,
  "claim-wake": claimWake,
  "take-duty": takeDuty,
  "leave-duty": leaveDuty,
  "record-inform": recordInform,
  "lapse-device": lapseDevice,
  "accept-operation": acceptOperation,
  "accept-operations": acceptOperations,
  "take-lease": takeLease,
  "end-lease": endLease,
  "expire-lease": expireLease,
  "claim-call": claimCall,
  "release-call": releaseCall,
  "record-outcome": recordOutcome,
  "end-operation": endOperation,
  "replan-refresh": replanRefresh,
  "record-strain": recordStrain,
  "relieve-device": relieveDevice,
  "settle-transfer": settleTransfer,
  "record-progress": recordProgress,
  "add-backup-plan": addBackupPlan,
  "remove-backup-plan": removeBackupPlan,
  "seed-backup-turns": seedBackupTurns,
  "begin-backup": beginBackup,
  "settle-backup": settleBackup,
  "forget-dropped": forgetDropped,
  "add-campaign": addCampaign,
  "gather-campaign": gatherCampaign,
  "mark-campaign": markCampaign,
  "settle-campaign": settleCampaign,
  "move-campaign": moveCampaign,
  "close-campaign": closeCampaign,
  "forget-campaign": forgetCampaign,
  "set-channel": setChannel,
  "remove-channel": removeChannel,
  "renew-channel": renewChannel,
  "set-member": setMember,
  publish,
  "move-position": movePosition,
  "record-result": recordResult,
  "borrow-notifications": borrowNotifications,
  "put-back-notifications": putBackNotifications,
  "return-notifications": returnNotifications,
  "set-policy": setPolicy,
  "remove-policy": removePolicy,
  "publish-policy": publishPolicy,
  "move-rollout": moveRollout,
  "begin-compliance": beginCompliance,
  "end-compliance": endCompliance,
  "record-compliance": recordCompliance,
  "set-configuration": setConfiguration,
  "remove-configuration": removeConfiguration,
  "record-report": recordReport,
  "record-wake": recordWake,
  "set-approval": setApproval,
  "claim-device": claimDevice,
  "drop-claim": dropClaim,
  "approve-claim": approveClaim,
  "reject-claim": rejectClaim,
  "remove-device": removeDevice,
  "stage-credentials": stageCredentials,
  "confirm-credentials": confirmCredentials,
  "refuse-credentials": refuseCredentials,
  "rotate-credentials": rotateCredentials,
  "add-token": addToken,
  "revoke-token": revokeToken,
  "add-grant": addGrant,
  "change-grant": changeGrant,
  "revoke-grant": revokeGrant,
  "add-user": addUser,
  "change-user": changeUser,
  "remove-user": removeUser,
  "set-role": setRole,
  "remove-role": removeRole,
  "learn-quirks": learnQuirks,
  "set-quirk": setQuirk,
  "import-quirks": importQuirks,
  "record-audit": (db, { audit }) => {
    storeAudit(db, audit);
    return { held: true };
  },
  "add-webhook": addWebhook,
  "remove-webhook": removeWebhook,
  "move-webhook": moveWebhook,
  "fail-webhook": failWebhook,
  "bury-letter": buryLetter,
  "resend-letters": resendLetters,
  "settle-letter": settleLetter,
  "move-relay": moveRelay,
  prune,
};

export function makeChange<T extends ChangeType>(
  db: Database,
  type: T,
  change: WrittenChanges[T],
): ResultOf<T> {
  return changes[type](db, change);
}
