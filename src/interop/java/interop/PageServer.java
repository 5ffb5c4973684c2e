package interop;

import dev.grpcbackend.server.GrpcBackend;
import dev.grpcbackend.service.GreeterService;
import dev.grpcbackend.service.ProcessService;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * An application with an HTTP server of its own: the files of a folder, and beside them the calls of
 * a {@link GrpcBackend}. {@code PageServer FOLDER} prints where it listens.
 */
public final class PageServer {

  private PageServer() {}

  public static void main(String[] args) {
    Path folder = Path.of(args[0]);
    Vertx vertx = Vertx.vertx();
    GrpcBackend calls = GrpcBackend.create(vertx)
        .add(new ProcessService())
        .add(new GreeterService())
        .add(new ProbeService());
    HttpServer server = vertx
        .createHttpServer()
        .requestHandler(request -> {
          Path file = file(folder, request);
          if (Files.isRegularFile(file)) {
            request.response().sendFile(file.toString());
          } else {
            calls.handle(request);
          }
        })
        .listen(0, "127.0.0.1")
        .await();
    System.out.println("ready: http://127.0.0.1:" + server.actualPort());
  }

  /** The last part of the path names the file, so that no path leaves the folder. */
  private static Path file(Path folder, HttpServerRequest request) {
    String path = request.path();
    String name = path.substring(path.lastIndexOf('/') + 1);
    return folder.resolve(name.isEmpty() ? "index.html" : name);
  }
}
