import { deviceRpcs, isDeviceMethod, isVendorMethod } from "@heliograph/protocol";
import type {
  DeviceAnswer,
  DeviceMethod,
  DeviceParams,
  DeviceRequest,
  DeviceResult,
  Fault,
  JsonObject,
  Request,
  RpcOutcome,
  VendorMethod,
  VendorRequest,
} from "@heliograph/protocol";
import { isDeviceAnswer } from "./device-answer.ts";
import { answered, faulted } from "./outcome.ts";
import type { Outcome } from "./outcome.ts";
import type { DataModel } from "./data-model.ts";

/** Serves one RPC. What it throws becomes fault 9002. */
export type Handler<P, R> = (params: P) => Outcome<R> | Promise<Outcome<R>>;

/** What a device does besides reading and writing its data model; a handler also replaces what the model would do. */
export type Handlers = {
  readonly [M in DeviceMethod]?: Handler<DeviceParams<M>, DeviceResult<M>>;
} & {
  readonly [M in VendorMethod]?: Handler<JsonObject, JsonObject>;
};

export interface DispatchOptions {
  readonly model: DataModel;
  readonly handlers?: Handlers;
}

/** What a device says to a request, before a binding writes it. */
export type DeviceReply =
  ({ readonly kind: "answer" } & DeviceAnswer) | { readonly kind: "fault"; readonly fault: Fault };

/** Serves the RPCs of the ACS, whatever the transport. Never rejects: what goes wrong is a fault. */
export type Dispatch = (request: DeviceRequest) => Promise<DeviceReply>;

/** Every method of CWMP has its row: a new one fails the build here. */
type HandlerTable = {
  readonly [M in DeviceMethod]: (params: DeviceParams<M>) => RpcOutcome | Promise<RpcOutcome>;
};

export function dispatcher({ model, handlers = {} }: DispatchOptions): Dispatch {
  const table: HandlerTable = {
    ...modelHandlers(model),
    GetRPCMethods: () => answered({ MethodList: methodsOf(table, handlers) }),
    ...handlers,
  };
  return async (request) => {
    try {
      const outcome = await (isStandard(request) ? serve(table, request) : serveVendor(handlers, request));
      return reply(request.method, outcome);
    } catch (error) {
      return refusal(faulted(9002, error instanceof Error ? error.message : String(error)));
    }
  };
}

async function serve<M extends DeviceMethod>(
  table: HandlerTable,
  request: Request<M, DeviceParams<M>>,
): Promise<RpcOutcome> {
  return table[request.method](request.params);
}

async function serveVendor(handlers: Handlers, { method, params }: VendorRequest): Promise<RpcOutcome> {
  const handler = Object.hasOwn(handlers, method) ? handlers[method] : undefined;
  return handler === undefined ? faulted(9000, method) : handler(params);
}

function reply(method: DeviceRequest["method"], outcome: RpcOutcome): DeviceReply {
  if (outcome.fault !== undefined) return { kind: "fault", fault: outcome.fault };
  const answer = { method, result: outcome.result };
  if (!isDeviceAnswer(answer)) return refusal(faulted(9002, `the handler of ${method} gave no whole answer`));
  return { kind: "answer", ...answer };
}

function refusal({ fault }: { readonly fault: Fault }): DeviceReply {
  return { kind: "fault", fault };
}

function isStandard(request: DeviceRequest): request is Exclude<DeviceRequest, VendorRequest> {
  return isDeviceMethod(request.method);
}

/** What the device really serves [CWMP 1.4 A.3.1.1]. */
function methodsOf(table: HandlerTable, handlers: Handlers): readonly string[] {
  const standard = Object.keys(deviceRpcs).filter(
    (name) => isDeviceMethod(name) && table[name] !== unsupported,
  );
  return [...standard, ...Object.keys(handlers).filter(isVendorMethod)];
}

function unsupported(): Outcome<never> {
  return faulted(9000);
}

function modelHandlers(model: DataModel): Omit<HandlerTable, "GetRPCMethods"> {
  const written = (key = ""): void => setParameterKey(model, key);
  return {
    GetParameterValues: ({ ParameterNames }) =>
      map(model.values(ParameterNames), (ParameterList) => ({ ParameterList })),
    GetParameterNames: ({ ParameterPath = "", NextLevel }) =>
      map(model.names(ParameterPath, NextLevel), (ParameterList) => ({ ParameterList })),
    GetParameterAttributes: ({ ParameterNames }) =>
      map(model.attributes(ParameterNames), (ParameterList) => ({ ParameterList })),
    SetParameterAttributes: ({ ParameterList }) => map(model.setAttributes(ParameterList), () => ({})),
    SetParameterValues: ({ ParameterList, ParameterKey }) =>
      map(model.setValues(ParameterList), () => {
        written(ParameterKey);
        return { Status: 0 };
      }),
    AddObject: ({ ObjectName, ParameterKey }) =>
      map(model.addObject(ObjectName), (InstanceNumber) => {
        written(ParameterKey);
        return { InstanceNumber, Status: 0 };
      }),
    DeleteObject: ({ ObjectName, ParameterKey }) =>
      map(model.deleteObject(ObjectName), () => {
        written(ParameterKey);
        return { Status: 0 };
      }),
    ...withoutModel,
  };
}

/** What only a device's own handlers can do. */
const withoutModel = {
  Download: unsupported,
  Upload: unsupported,
  ScheduleDownload: unsupported,
  CancelTransfer: unsupported,
  GetQueuedTransfers: unsupported,
  GetAllQueuedTransfers: unsupported,
  Reboot: unsupported,
  FactoryReset: unsupported,
  ScheduleInform: unsupported,
  ChangeDUState: unsupported,
  SetVouchers: unsupported,
  GetOptions: unsupported,
} as const;

/** The key of the last change that went well, so that the ACS can tell what the device holds [CWMP 1.4 A.3.2.1]. */
function setParameterKey(model: DataModel, key: string): void {
  const path = `${model.root}ManagementServer.ParameterKey`;
  if (model.get(path) !== undefined) model.set(path, key);
}

function map<T, R>(answer: Outcome<T>, wrap: (result: T) => R): Outcome<R> {
  return answer.fault === undefined ? answered(wrap(answer.result)) : answer;
}
