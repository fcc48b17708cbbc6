import type { Changes, ChangeOf, ChangeType, ResultOf } from "../../ports/index.ts";
import type { SqliteDatabase } from "../sqlite-database.ts";
import { addToken, revokeToken } from "./access.ts";
import { claimCall, endOperation, recordOutcome, releaseCall, replanRefresh } from "./call.ts";
import { approveClaim, claimDevice, dropClaim, rejectClaim } from "./claims.ts";
import { closeConnection, openConnection, recordReport, recordWake } from "./connection.ts";
import { confirmCredentials, refuseCredentials, rotateCredentials, stageCredentials } from "./credentials.ts";
import { enrolDevice, removeDevice, setApproval } from "./enrolment.ts";
import { storeAudit } from "./journal.ts";
import { closeStaleConnections, lapseDevice, openLightConnection, recordInform } from "./light.ts";
import { acceptOperation, acceptOperations } from "./operation.ts";
import { learnQuirks, setQuirk } from "./quirks.ts";
import { recordStrain, relieveDevice } from "./strain.ts";
import { recordProgress, settleTransfer } from "./transfer.ts";
import { moveRelay, prune } from "./upkeep.ts";

type ChangeTable = {
  readonly [T in ChangeType]: (db: SqliteDatabase, change: Changes[T]["change"]) => Changes[T]["result"];
};

/** How each change is made, inside a transaction that the caller holds. */
const changes: ChangeTable = {
  "enrol-device": enrolDevice,
  "open-connection": openConnection,
  "open-light-connection": openLightConnection,
  "close-connection": closeConnection,
  "close-stale-connections": closeStaleConnections,
  "record-inform": recordInform,
  "lapse-device": lapseDevice,
  "accept-operation": acceptOperation,
  "accept-operations": acceptOperations,
  "claim-call": claimCall,
  "release-call": releaseCall,
  "record-outcome": recordOutcome,
  "end-operation": endOperation,
  "replan-refresh": replanRefresh,
  "record-strain": recordStrain,
  "relieve-device": relieveDevice,
  "settle-transfer": settleTransfer,
  "record-progress": recordProgress,
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
  "learn-quirks": learnQuirks,
  "set-quirk": setQuirk,
  "record-audit": (db, { audit }) => {
    storeAudit(db, audit);
    return { held: true };
  },
  "move-relay": moveRelay,
  prune,
};

export function makeChange<T extends ChangeType>(
  db: SqliteDatabase,
  type: T,
  change: ChangeOf<T>,
): ResultOf<T> {
  return changes[type](db, change);
}
