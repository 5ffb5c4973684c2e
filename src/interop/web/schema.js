// The schema without generated code: a descriptor set that buf has built.
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/** Returns the service descriptors of the bytes that `buf build` wrote. */
export function readServices(bytes) {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, bytes));
  return {
    Service: registry.getService('Service'),
    Greeter: registry.getService('helloworld.Greeter'),
    Probe: registry.getService('interop.Probe'),
  };
}
