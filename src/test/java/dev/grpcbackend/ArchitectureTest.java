package dev.grpcbackend;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The arrows between the packages, and where the inside of Vert.x may be touched. */
@Timeout(120)
class ArchitectureTest {

  private static final String ROOT = "dev.grpcbackend";

  /** Generated from the schema files; everything may use it. */
  private static final String GENERATED = "proto";

  private static final int MAX_PARAMETERS = 7;

  /** What a package may use of ours; a package that is missing here fails the test. */
  private static final Map<String, Set<String>> ARROWS = Map.ofEntries(
      Map.entry("rpc", Set.of()),
      Map.entry("options", Set.of()),
      Map.entry("wire", Set.of("rpc")),
      Map.entry("call", Set.of("rpc")),
      Map.entry("policy", Set.of("call", "options", "rpc")),
      Map.entry("observe", Set.of("call", "client", "options", "rpc")),
      Map.entry("service", Set.of("call", "client", "rpc")),
      Map.entry("transport", Set.of("call", "rpc")),
      Map.entry("protocol", Set.of("transport", "wire", "call", "rpc")),
      Map.entry("client", Set.of("wire", "options", "rpc")),
      Map.entry(
          "server",
          Set.of(
              "protocol",
              "transport",
              "service",
              "policy",
              "observe",
              "options",
              "wire",
              "call",
              "rpc")),
      Map.entry("schema", Set.of("client", "options", "rpc")),
      Map.entry("bus", Set.of("client", "options", "rpc", "schema", "wire")),
      Map.entry("console", Set.of("server", "options", "call", "rpc")),
      Map.entry(
          "cli",
          Set.of(
              "server", "client", "console", "bus", "schema", "service", "policy", "options",
              "wire", "call", "rpc")));

  /** The only classes that may know Vert.x from the inside: a new Vert.x is checked against them. */
  private static final Set<String> KNOW_VERTX_INSIDE = Set.of(
      "dev.grpcbackend.transport.ClientSocket",
      "dev.grpcbackend.transport.GatedServer",
      "dev.grpcbackend.transport.Http1Exchange",
      "dev.grpcbackend.transport.Http1Session",
      "dev.grpcbackend.transport.Http2Exchange",
      "dev.grpcbackend.transport.Http2Request",
      "dev.grpcbackend.transport.Http2Streams",
      "dev.grpcbackend.transport.SessionExchange",
      "dev.grpcbackend.transport.SocketTransport",
      "dev.grpcbackend.rpc.CurrentCaller",
      "dev.grpcbackend.server.EventLoopTurns",
      "dev.grpcbackend.wire.BufferBytes",
      "dev.grpcbackend.client.CallContext",
      "dev.grpcbackend.client.Connection",
      "dev.grpcbackend.client.DnsResolver");

  private static final JavaClasses OURS = new ClassFileImporter()
      .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
      .importPackages(ROOT);

  private static final JavaClasses TESTS = new ClassFileImporter()
      .withImportOption(ImportOption.Predefined.ONLY_INCLUDE_TESTS)
      .importPackages(ROOT);

  static Stream<String> packages() {
    return packageNames().stream();
  }

  private static Set<String> packageNames() {
    Set<String> names = new TreeSet<>();
    for (JavaClass type : OURS) {
      if (type.getPackageName().startsWith(ROOT + ".")) {
        names.add(type.getPackageName().substring(ROOT.length() + 1).split("\\.", 2)[0]);
      }
    }
    names.remove(GENERATED);
    return names;
  }

  private static String in(String name) {
    return ROOT + "." + name + "..";
  }

  @Test
  void everyPackageHasItsArrows() {
    assertThat(ARROWS.keySet()).containsAll(packageNames());
  }

  @ParameterizedTest
  @MethodSource("packages")
  void usesOnlyWhatItsArrowsPointTo(String name) {
    String[] forbidden = packageNames().stream()
        .filter(other -> !other.equals(name))
        .filter(other -> !ARROWS.getOrDefault(name, Set.of()).contains(other))
        .map(ArchitectureTest::in)
        .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(in(name))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(forbidden)
        .check(OURS);
  }

  @Test
  void hasNoCyclesBetweenPackages() {
    slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(OURS);
  }

  @Test
  void packagesAreFlat() {
    classes()
        .that(not(resideInAPackage(in(GENERATED))))
        .should()
        .resideInAnyPackage(ROOT, ROOT + ".*")
        .check(OURS);
  }

  @Test
  void knowsVertxFromTheInsideInNamedClassesOnly() {
    noClasses()
        .that(not(outermost("is one of the named classes", KNOW_VERTX_INSIDE::contains)))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.vertx..impl..", "io.vertx..internal..")
        .check(OURS);
  }

  @Test
  void namesNoClassThatHasStoppedToKnowVertxFromTheInside() {
    for (String name : KNOW_VERTX_INSIDE) {
      assertThat(OURS.get(name).getDirectDependenciesFromSelf())
          .as(name)
          .anyMatch(dependency -> resideInAnyPackage("io.vertx..impl..", "io.vertx..internal..")
              .test(dependency.getTargetClass()));
    }
  }

  @Test
  void usesHttpOfVertxWhereBytesMeetCallsOnly() {
    DescribedPredicate<JavaClass> named = outermost(
        "adapts generated stubs, or fetches keys",
        name -> name.startsWith(ROOT + ".call.Stub")
            || name.equals(ROOT + ".call.VertxPeer")
            || name.equals(ROOT + ".policy.PublishedKeys"));
    noClasses()
        .that(not(resideInAnyPackage(in("transport"), in("server"), in("client"), in(GENERATED))
            .or(named)))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.vertx.core.http..")
        .check(OURS);
  }

  @Test
  void wordsKnowFuturesAndHeaderMapsOfVertxOnly() {
    noClasses()
        .that()
        .resideInAPackage(in("rpc"))
        // What is to be found on a context has to know contexts.
        .and(not(outermost("finds the caller", (ROOT + ".rpc.CurrentCaller")::equals)))
        .should()
        .dependOnClassesThat(describe(
            "are of io.vertx.core, without Future and MultiMap",
            type -> type.getPackageName().startsWith("io.vertx.core")
                && !List.of("Future", "MultiMap").contains(type.getSimpleName())))
        .check(OURS);
  }

  @Test
  void constructorsHaveFewParameters() {
    assertThat(OURS.stream()
            .filter(type -> !type.getPackageName().startsWith(ROOT + "." + GENERATED))
            .filter(type -> !type.isAnonymousClass() && !type.isEnum())
            // The roots of all options have one component for each concern.
            .filter(type -> !type.getSimpleName().equals("ServerOptions"))
            .filter(type -> !type.getSimpleName().equals("ChannelOptions"))
            .flatMap(type -> type.getConstructors().stream())
            .filter(constructor -> constructor.getRawParameterTypes().size() > MAX_PARAMETERS)
            .map(constructor -> constructor.getFullName()))
        .isEmpty();
  }

  @Test
  void testsDoNotSleep() {
    noClasses()
        .should()
        .callMethodWhere(describe(
            "sleeps",
            (JavaCall<?> call) -> call.getName().equals("sleep")
                && (call.getTargetOwner().isEquivalentTo(Thread.class)
                    || call.getTargetOwner().isEquivalentTo(java.util.concurrent.TimeUnit.class))))
        .check(TESTS);
  }

  @Test
  void testsDoNotMock() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("org.mockito..", "org.easymock..", "org.powermock..", "io.mockk..")
        .check(TESTS);
  }

  private static DescribedPredicate<JavaClass> outermost(
      String description, java.util.function.Predicate<String> name) {
    return describe(description, type -> {
      String full = type.getName();
      int nested = full.indexOf('$');
      return name.test(nested < 0 ? full : full.substring(0, nested));
    });
  }
}
