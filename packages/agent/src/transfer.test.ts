import assert from "node:assert/strict";
import { test } from "node:test";
import { deviceFaults } from "./outcome.ts";
import { TransferError, transferFault } from "./transfer.ts";

test("a transfer that went well ends with 0", () => {
  assert.deepEqual(transferFault("Download"), { FaultCode: 0, FaultString: "" });
});

for (const code of [9001, 9002, 9010, 9011, 9012, 9015, 9016, 9017, 9018] as const) {
  test(`a transfer that fails with ${code} ends with it [CWMP-FAULT-4]`, () => {
    const fault = { FaultCode: code, FaultString: deviceFaults[code] };
    assert.deepEqual(transferFault("Download", new TransferError(code)), fault);
    assert.deepEqual(transferFault("Upload", new TransferError(code)), fault);
  });
}

for (const code of [9004, 9013] as const) {
  test(`a transfer that fails with ${code}, which no transfer ends with, is a failed transfer that says why [CWMP-FAULT-4]`, () => {
    const FaultString = deviceFaults[code];
    assert.deepEqual(transferFault("Download", new TransferError(code)), { FaultCode: 9010, FaultString });
    assert.deepEqual(transferFault("Upload", new TransferError(code)), { FaultCode: 9011, FaultString });
  });
}

test("whatever else goes wrong is a failed transfer", () => {
  const odd = new Error("odd");
  assert.equal(transferFault("Download", odd).FaultCode, 9010);
  assert.equal(transferFault("Upload", odd).FaultCode, 9011);
});
