// The schema without generated code: a descriptor set that buf has built.
import fs from 'node:fs';
import { createFileRegistry, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

/** Returns the service descriptors of a file that `buf build` wrote. */
export function readServices(file) {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, fs.readFileSync(file)));
  return {
    Service: registry.getService('Service'),
    Greeter: registry.getService('helloworld.Greeter'),
    Probe: registry.getService('interop.Probe'),
  };
}
