package dev.grpcbackend.interop;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Runs grpc-java's interop programs in a process of their own. It starts their client once for each
 * line of standard input, or their server, and says on standard output how it went; the cases and
 * their checks are those of the programs.
 *
 * <p>Its class path is theirs, so it knows them by name only. It ends with its standard input, which
 * is when the process that started it has gone.
 */
final class PeerMain {

  /** Begins the lines that are meant for the parent; the programs print lines of their own. */
  static final String MARK = "@@ ";

  static final String PASSED = MARK + "passed";
  static final String FAILED = MARK + "failed ";
  static final String PORT = MARK + "port ";

  private static final String PROGRAMS = "io.grpc.testing.integration.";
  private static final String EXTRA = "--method=";

  private PeerMain() {}

  /** Runs the server if the first argument is {@code server}, with the others; else clients. */
  public static void main(String[] arguments) throws Exception {
    BufferedReader input =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    if (arguments.length > 0 && arguments[0].equals("server")) {
      server(Arrays.copyOfRange(arguments, 1, arguments.length), input);
    } else {
      clients(input);
    }
    // The programs leave threads behind that would keep the process.
    System.exit(0);
  }

  private static void server(String[] flags, BufferedReader input) throws Exception {
    Object server = create("TestServiceServer");
    call(server, "parseArgs", (Object) flags);
    call(server, "start");
    System.out.println(PORT + call(server, "getPort"));
    while (input.readLine() != null) {
      System.out.println(MARK + "listening");
    }
  }

  private static void clients(BufferedReader input) throws IOException {
    String line = input.readLine();
    while (line != null) {
      System.out.println(outcome(line.split(" ", -1)));
      line = input.readLine();
    }
  }

  private static String outcome(String[] flags) {
    try {
      Object client = create("TestServiceClient");
      call(client, "parseArgs", (Object)
          Arrays.stream(flags).filter(flag -> !flag.startsWith(EXTRA)).toArray(String[]::new));
      call(client, "setUp");
      try {
        String extra = Arrays.stream(flags)
            .filter(flag -> flag.startsWith(EXTRA))
            .findFirst()
            .orElse("");
        if (extra.isEmpty()) {
          call(client, "run");
        } else {
          call(field(client, "tester"), extra.substring(EXTRA.length()));
        }
      } finally {
        call(client, "tearDown");
      }
      return PASSED;
    } catch (InvocationTargetException e) {
      e.getTargetException().printStackTrace();
      return FAILED + oneLine(e.getTargetException());
    } catch (ReflectiveOperationException e) {
      return FAILED + oneLine(e);
    }
  }

  private static String oneLine(Throwable failure) {
    return String.valueOf(failure).replace('\n', ' ').replace('\r', ' ');
  }

  private static Object create(String program) throws ReflectiveOperationException {
    return Class.forName(PROGRAMS + program).getConstructor().newInstance();
  }

  private static Object field(Object target, String name) throws ReflectiveOperationException {
    var field = target.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(target);
  }

  /** Calls the method that has this name and as many parameters, wherever it is declared. */
  private static Object call(Object target, String name, Object... arguments)
      throws ReflectiveOperationException {
    for (Class<?> type = target.getClass(); type != null; type = type.getSuperclass()) {
      for (Method method : type.getDeclaredMethods()) {
        if (method.getName().equals(name) && method.getParameterCount() == arguments.length) {
          method.setAccessible(true);
          return method.invoke(target, arguments);
        }
      }
    }
    throw new NoSuchMethodException(target.getClass().getName() + "." + name);
  }
}
