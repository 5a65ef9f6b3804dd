// TensorFlow's C API as Deno's FFI sees it. Addresses travel as `usize` (bigint), which takes Deno's fast calls and needs
// no permission beyond the library itself; `pointer` would.

const address = "usize";
const bytes = "buffer";
const int = "i32";
const none = "void";
/** TF_Output: an operation and the number of its output, passed by value. */
const output = { struct: [address, int] } as const;

/** Opened before everything else, to tell a library of the wrong age from one that lacks a symbol. */
export const VERSION_SYMBOLS = {
  TF_Version: { parameters: [], result: address },
  strlen: { parameters: [address], result: address },
  memcpy_out: {
    name: "memcpy",
    parameters: [bytes, address, address],
    result: address,
  },
} as const;

/**
 * All functions that the engine calls. Those of the C library (memcpy, setenv and the like) are found through the same
 * handle: a library that links them resolves them.
 */
export const SYMBOLS = {
  ...VERSION_SYMBOLS,
  memcpy_in: {
    name: "memcpy",
    parameters: [address, bytes, address],
    result: address,
  },
  setenv: { parameters: [bytes, bytes, int], result: int },
  memfd_create: { parameters: [bytes, "u32"], result: int },
  dup: { parameters: [int], result: int },
  dup2: { parameters: [int, int], result: int },
  close: { parameters: [int], result: int },
  pread: { parameters: [int, bytes, address, "i64"], result: "isize" },

  TF_NewStatus: { parameters: [], result: address },
  TF_GetCode: { parameters: [address], result: int },
  TF_Message: { parameters: [address], result: address },

  TFE_NewContextOptions: { parameters: [], result: address },
  TFE_ContextOptionsSetConfig: {
    parameters: [address, bytes, address, address],
    result: none,
  },
  TFE_DeleteContextOptions: { parameters: [address], result: none },
  TFE_NewContext: { parameters: [address, address], result: address },
  TFE_ContextListDevices: { parameters: [address, address], result: address },
  TF_DeviceListCount: { parameters: [address], result: int },
  TF_DeviceListName: { parameters: [address, int, address], result: address },
  TF_DeviceListType: { parameters: [address, int, address], result: address },
  TF_DeleteDeviceList: { parameters: [address], result: none },

  TF_AllocateTensor: {
    parameters: [int, bytes, int, address],
    result: address,
  },
  TF_TensorData: { parameters: [address], result: address },
  TF_TensorByteSize: { parameters: [address], result: address },
  TF_DeleteTensor: { parameters: [address], result: none },
  TF_StringInit: { parameters: [address], result: none },
  TF_StringCopy: { parameters: [address, bytes, address], result: none },
  TF_StringGetDataPointer: { parameters: [address], result: address },
  TF_StringGetSize: { parameters: [address], result: address },

  TFE_NewTensorHandle: { parameters: [address, address], result: address },
  TFE_DeleteTensorHandle: { parameters: [address], result: none },
  TFE_TensorHandleDataType: { parameters: [address], result: int },
  TFE_TensorHandleNumDims: { parameters: [address, address], result: int },
  TFE_TensorHandleDim: { parameters: [address, int, address], result: "i64" },
  TFE_TensorHandleResolve: { parameters: [address, address], result: address },
  TFE_TensorHandleCopyToDevice: {
    parameters: [address, address, bytes, address],
    result: address,
  },

  TFE_NewOp: { parameters: [address, bytes, address], result: address },
  TFE_OpReset: {
    parameters: [address, bytes, bytes, address],
    result: none,
  },
  TFE_DeleteOp: { parameters: [address], result: none },
  TFE_OpAddInput: { parameters: [address, address, address], result: none },
  TFE_OpSetAttrString: {
    parameters: [address, bytes, bytes, address],
    result: none,
  },
  TFE_OpSetAttrInt: { parameters: [address, bytes, "i64"], result: none },
  TFE_OpSetAttrIntList: {
    parameters: [address, bytes, bytes, int],
    result: none,
  },
  TFE_OpSetAttrFloat: { parameters: [address, bytes, "f32"], result: none },
  TFE_OpSetAttrFloatList: {
    parameters: [address, bytes, bytes, int],
    result: none,
  },
  TFE_OpSetAttrBool: { parameters: [address, bytes, "u8"], result: none },
  TFE_OpSetAttrBoolList: {
    parameters: [address, bytes, bytes, int],
    result: none,
  },
  TFE_OpSetAttrType: { parameters: [address, bytes, int], result: none },
  TFE_OpSetAttrShape: {
    parameters: [address, bytes, bytes, int, address],
    result: none,
  },
  TFE_Execute: { parameters: [address, bytes, bytes, address], result: none },

  TF_NewGraph: { parameters: [], result: address },
  TF_DeleteGraph: { parameters: [address], result: none },
  TF_NewOperation: { parameters: [address, bytes, bytes], result: address },
  TF_AddInput: { parameters: [address, output], result: none },
  TF_AddInputList: { parameters: [address, bytes, int], result: none },
  TF_SetAttrString: {
    parameters: [address, bytes, bytes, address],
    result: none,
  },
  TF_SetAttrInt: { parameters: [address, bytes, "i64"], result: none },
  TF_SetAttrIntList: { parameters: [address, bytes, bytes, int], result: none },
  TF_SetAttrFloat: { parameters: [address, bytes, "f32"], result: none },
  TF_SetAttrFloatList: {
    parameters: [address, bytes, bytes, int],
    result: none,
  },
  TF_SetAttrBool: { parameters: [address, bytes, "u8"], result: none },
  TF_SetAttrBoolList: {
    parameters: [address, bytes, bytes, int],
    result: none,
  },
  TF_SetAttrType: { parameters: [address, bytes, int], result: none },
  TF_SetAttrShape: { parameters: [address, bytes, bytes, int], result: none },
  TF_SetAttrTensor: {
    parameters: [address, bytes, address, address],
    result: none,
  },
  TF_FinishOperation: { parameters: [address, address], result: address },
  TF_GraphToFunction: {
    parameters: [
      ...[address, bytes, "u8"] as const,
      ...[int, bytes, int, bytes, int, bytes] as const,
      ...[address, address, address, address] as const,
    ],
    result: address,
  },
  TF_DeleteFunction: { parameters: [address], result: none },
  TFE_ContextAddFunction: {
    parameters: [address, address, address],
    result: none,
  },
} as const;

/** The opened library's functions. */
export type Calls = Deno.DynamicLibrary<typeof SYMBOLS>["symbols"];
