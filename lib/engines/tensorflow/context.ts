// The TFE_Context: devices, threads, memory growth, determinism.
import { RefusedError } from "../../error/failure.ts";
import type { Device } from "../../engine_setup/engine_choice.ts";
import { withCapturedErrors } from "./captured_errors.ts";
import type { TensorflowLibrary } from "./library.ts";
import { cText, textAt } from "./native_text.ts";
import { Status } from "./status.ts";

/** How the engine shall run. */
export interface ContextOptions {
  /** Threads that share the work of one op, 1 to 127. */
  readonly threads: number;
  /** `gpu` refuses a machine without one; `cpu` hides it; null takes what is there. */
  readonly device: Device | null;
}

/** A started TensorFlow. */
export interface TensorflowContext {
  readonly library: TensorflowLibrary;
  readonly status: Status;
  readonly address: bigint;
  /** Full name of the device that tensors go to, such as `/job:localhost/replica:0/task:0/device:CPU:0`. */
  readonly device: string;
  readonly isGpu: boolean;
}

/** A device as TensorFlow names it. */
interface ListedDevice {
  readonly name: string;
  readonly type: string;
}

/**
 * Starts TensorFlow. A process can do this once.
 *
 * @throws {RefusedError} when a GPU is wanted and none is found
 */
export function startContext(
  library: TensorflowLibrary,
  options: ContextOptions,
): TensorflowContext {
  const { calls } = library;
  // Read when the first op is made; the process's own environment may be closed to this step, the C library's is not.
  calls.setenv(cText("TF_DETERMINISTIC_OPS"), cText("1"), 1);
  calls.setenv(cText("TF_CPP_MIN_LOG_LEVEL"), cText("1"), 0);
  const status = new Status(calls);
  const { result, messages } = withCapturedErrors(calls, () => {
    const settings = calls.TFE_NewContextOptions();
    const config = configBytes(options);
    calls.TFE_ContextOptionsSetConfig(
      settings,
      config,
      BigInt(config.length),
      status.address,
    );
    status.check("configure TensorFlow");
    const context = calls.TFE_NewContext(settings, status.address);
    status.check("start TensorFlow");
    calls.TFE_DeleteContextOptions(settings);
    return { context, devices: listDevices(library, status, context) };
  });
  const { context, devices } = result;
  const gpu = devices.find(({ type }) => type === "GPU");
  if (options.device === "gpu" && gpu === undefined) {
    throw new RefusedError(
      `Cannot use a GPU with TensorFlow ${library.version}: it finds none${
        messages === "" ? "" : ` (${messages})`
      }`,
      {
        hint:
          "Install NVIDIA's driver and the libraries that this version asks for, and the GPU build with `engine install --gpu`; or leave --gpu out",
      },
    );
  }
  const cpu = devices.find(({ type }) => type === "CPU");
  const device = gpu ?? cpu;
  if (device === undefined) {
    throw new RefusedError(
      `Cannot use TensorFlow ${library.version}: it names no device`,
    );
  }
  return {
    library,
    status,
    address: context,
    device: device.name,
    isGpu: device === gpu,
  };
}

function listDevices(
  { calls }: TensorflowLibrary,
  status: Status,
  context: bigint,
): ListedDevice[] {
  const list = calls.TFE_ContextListDevices(context, status.address);
  status.check("list devices");
  const devices: ListedDevice[] = [];
  for (let index = 0; index < calls.TF_DeviceListCount(list); index++) {
    const name = calls.TF_DeviceListName(list, index, status.address);
    const type = calls.TF_DeviceListType(list, index, status.address);
    devices.push({ name: textAt(calls, name), type: textAt(calls, type) });
  }
  calls.TF_DeleteDeviceList(list);
  return devices;
}

/**
 * A ConfigProto (tensorflow/core/protobuf/config.proto): device_count (1), intra_op_parallelism_threads (2),
 * inter_op_parallelism_threads (5), gpu_options (6) with allow_growth (4), graph_options (10) with rewrite_options (10) with
 * disable_meta_optimizer (19).
 */
function configBytes(
  { threads, device }: ContextOptions,
): Uint8Array<ArrayBuffer> {
  const name = new TextEncoder().encode("GPU");
  const noGpu = [0x0a, name.length + 4, 0x0a, name.length, ...name, 0x10, 0];
  const memoryGrowth = [0x32, 2, 0x20, 1];
  // Functions are not rewritten before they run: that takes a second for the gradient of a network, and gains little.
  const asRecorded = [0x52, 5, 0x52, 3, 0x98, 1, 1];
  return new Uint8Array([
    ...(device === "cpu" ? noGpu : []),
    // One op runs at a time, so threads beside those of the op would only wait.
    ...[0x10, threads, 0x28, 1],
    ...memoryGrowth,
    ...asRecorded,
  ]);
}
