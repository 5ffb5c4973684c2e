package dev.grpcbackend.service;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.DescriptorProto.ExtensionRange;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.MethodDescriptorProto;
import com.google.protobuf.DescriptorProtos.OneofDescriptorProto;
import com.google.protobuf.DescriptorProtos.ServiceDescriptorProto;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(120)
class ReflectionIndexTest {

  private static final FileDescriptor TYPES = build(types());
  private static final FileDescriptor EXTRAS = build(extras(), TYPES);
  private static final FileDescriptor SERVICES = build(services(), TYPES);

  private final ReflectionIndex index =
      new ReflectionIndex(new TreeSet<>(), List.of(SERVICES, EXTRAS));

  @ParameterizedTest
  @ValueSource(
      strings = {
        "zoo.Animal",
        "zoo.Animal.name",
        "zoo.Animal.home",
        "zoo.Animal.Leg",
        "zoo.Animal.Leg.length",
        "zoo.Animal.Diet",
        "zoo.Animal.GRASS",
        "zoo.Animal.Diet.GRASS",
        "zoo.Size",
        "zoo.SMALL",
        "zoo.Size.SMALL"
      })
  void findsTypesAndTheirPartsInAFileThatIsOnlyImported(String symbol) {
    assertThat(index.fileOfSymbol(symbol)).isSameAs(TYPES);
  }

  @ParameterizedTest
  @ValueSource(strings = {"zoo.Zoo", "zoo.Zoo.Visit"})
  void findsServicesAndMethods(String symbol) {
    assertThat(index.fileOfSymbol(symbol)).isSameAs(SERVICES);
  }

  @ParameterizedTest
  @ValueSource(strings = {"zoo.color", "zoo.Holder", "zoo.Holder.weight"})
  void findsExtensionsAlsoNestedOnes(String symbol) {
    assertThat(index.fileOfSymbol(symbol)).isSameAs(EXTRAS);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "zoo", "zoo.", ".zoo.Animal", "zoo.animal", "zoo.Zoo/Visit", "Size"})
  void knowsNoOtherNames(String symbol) {
    assertThat(index.fileOfSymbol(symbol)).isNull();
  }

  @Test
  void findsExtensionsByMessageAndNumber() {
    assertThat(index.fileOfExtension("zoo.Animal", 100)).isSameAs(EXTRAS);
    assertThat(index.fileOfExtension("zoo.Animal", 120)).isSameAs(EXTRAS);
    assertThat(index.fileOfExtension("zoo.Animal", 1)).isNull();
    assertThat(index.fileOfExtension("zoo.Nothing", 100)).isNull();
  }

  @Test
  void listsExtensionNumbersSorted() {
    assertThat(index.extensionNumbers("zoo.Animal")).containsExactly(100, 120);
    assertThat(index.extensionNumbers("zoo.Animal.Leg")).isEmpty();
    assertThat(index.extensionNumbers("zoo.Size")).isNull();
    assertThat(index.extensionNumbers("zoo.Nothing")).isNull();
  }

  @Test
  void givesAFileFirstThenItsImports() {
    assertThat(index.file("zoo/types.proto")).isSameAs(TYPES);
    assertThat(names(index.withImports(TYPES))).containsExactly("zoo/types.proto");
    assertThat(names(index.withImports(SERVICES)))
        .containsExactly("zoo/services.proto", "zoo/types.proto");
    assertThat(index.file("types.proto")).isNull();
  }

  @Test
  void visitsEveryFileOnceOverManyWays() {
    // 300 layers of two files that both import both of the layer below: 2^300 ways to the bottom.
    List<FileDescriptor> layer = List.of();
    int files = 0;
    for (int depth = 0; depth < 300; depth++) {
      List<FileDescriptor> above = new ArrayList<>();
      for (String side : List.of("left", "right")) {
        FileDescriptorProto.Builder file =
            FileDescriptorProto.newBuilder().setName(side + depth + ".proto");
        layer.forEach(imported -> file.addDependency(imported.getName()));
        file.addMessageType(DescriptorProto.newBuilder().setName(side + depth));
        above.add(build(file.build(), layer.toArray(FileDescriptor[]::new)));
        files++;
      }
      layer = above;
    }

    ReflectionIndex diamonds = new ReflectionIndex(new TreeSet<>(), layer);

    FileDescriptor bottom = diamonds.fileOfSymbol("left0");
    assertThat(bottom).isNotNull();
    List<String> top = names(diamonds.withImports(layer.get(0)));
    assertThat(top).hasSize(files - 1).doesNotHaveDuplicates().startsWith("left299.proto");
    assertThat(diamonds.withImports(bottom)).hasSize(1);
  }

  @Test
  void keepsTheNamesOfTwoFilesWithOneFileName() {
    FileDescriptor first = build(named("service.proto", "a.First"));
    FileDescriptor second = build(named("service.proto", "b.Second"));

    ReflectionIndex both = new ReflectionIndex(new TreeSet<>(), List.of(first, second));

    assertThat(both.fileOfSymbol("a.First")).isSameAs(first);
    assertThat(both.fileOfSymbol("b.Second")).isSameAs(second);
    assertThat(both.file("service.proto")).isSameAs(first);
  }

  private static FileDescriptorProto named(String fileName, String message) {
    int dot = message.indexOf('.');
    return FileDescriptorProto.newBuilder()
        .setName(fileName)
        .setPackage(message.substring(0, dot))
        .addMessageType(DescriptorProto.newBuilder().setName(message.substring(dot + 1)))
        .build();
  }

  private static List<String> names(List<ByteString> files) {
    return files.stream().map(ReflectionIndexTest::name).toList();
  }

  private static String name(ByteString file) {
    try {
      return FileDescriptorProto.parseFrom(file).getName();
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static FileDescriptor build(FileDescriptorProto file, FileDescriptor... imports) {
    try {
      return FileDescriptor.buildFrom(file, imports);
    } catch (DescriptorValidationException e) {
      throw new AssertionError(e);
    }
  }

  private static FileDescriptorProto types() {
    DescriptorProto leg = DescriptorProto.newBuilder()
        .setName("Leg")
        .addField(field("length", 1, FieldDescriptorProto.Type.TYPE_INT32))
        .build();
    DescriptorProto animal = DescriptorProto.newBuilder()
        .setName("Animal")
        .addField(field("name", 1, FieldDescriptorProto.Type.TYPE_STRING))
        .addField(field("cage", 2, FieldDescriptorProto.Type.TYPE_STRING).setOneofIndex(0))
        .addOneofDecl(OneofDescriptorProto.newBuilder().setName("home"))
        .addNestedType(leg)
        .addEnumType(enumeration("Diet", "GRASS"))
        .addExtensionRange(ExtensionRange.newBuilder().setStart(100).setEnd(200))
        .build();
    return FileDescriptorProto.newBuilder()
        .setName("zoo/types.proto")
        .setPackage("zoo")
        .addMessageType(animal)
        .addEnumType(enumeration("Size", "SMALL"))
        .build();
  }

  private static FileDescriptorProto extras() {
    return FileDescriptorProto.newBuilder()
        .setName("zoo/extras.proto")
        .setPackage("zoo")
        .addDependency("zoo/types.proto")
        .addExtension(
            field("color", 120, FieldDescriptorProto.Type.TYPE_STRING).setExtendee(".zoo.Animal"))
        .addMessageType(DescriptorProto.newBuilder()
            .setName("Holder")
            .addExtension(field("weight", 100, FieldDescriptorProto.Type.TYPE_INT32)
                .setExtendee(".zoo.Animal")))
        .build();
  }

  private static FileDescriptorProto services() {
    return FileDescriptorProto.newBuilder()
        .setName("zoo/services.proto")
        .setPackage("zoo")
        .addDependency("zoo/types.proto")
        .addService(ServiceDescriptorProto.newBuilder()
            .setName("Zoo")
            .addMethod(MethodDescriptorProto.newBuilder()
                .setName("Visit")
                .setInputType(".zoo.Animal")
                .setOutputType(".zoo.Animal")))
        .build();
  }

  private static FieldDescriptorProto.Builder field(
      String name, int number, FieldDescriptorProto.Type type) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setType(type)
        .setLabel(Label.LABEL_OPTIONAL);
  }

  private static EnumDescriptorProto enumeration(String name, String value) {
    return EnumDescriptorProto.newBuilder()
        .setName(name)
        .addValue(EnumValueDescriptorProto.newBuilder().setName(value).setNumber(0))
        .build();
  }
}
