// The one import of tfjs. Every other module of the learning tower takes `tf` from here, and the parent process never does.
export * as tf from "@tensorflow/tfjs";
