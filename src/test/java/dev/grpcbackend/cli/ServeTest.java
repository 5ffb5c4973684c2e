package dev.grpcbackend.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class ServeTest {

  @Test
  void anAddressIsReadWithoutTheLibraryForArguments() {
    assertThat(Serve.plain("serve")).isNotNull();
    assertThat(Serve.plain("serve", "--port", "0")).isNotNull();
    assertThat(Serve.plain("serve", "-p", "8081", "--host", "127.0.0.1")).isNotNull();
  }

  @Test
  void everythingElseIsLeftToTheLibrary() {
    assertThat(Serve.plain()).isNull();
    assertThat(Serve.plain("list", "--port", "1")).isNull();
    assertThat(Serve.plain("serve", "--port")).isNull();
    assertThat(Serve.plain("serve", "--help")).isNull();
    assertThat(Serve.plain("serve", "--port", "1", "--port", "2")).isNull();
    assertThat(Serve.plain("serve", "--port", "@file")).isNull();
    assertThat(Serve.plain("serve", "--port", "--host")).isNull();
    assertThat(Serve.plain("serve", "--instances", "2")).isNull();
    assertThat(Serve.plain("serve", "--port=1", "x")).isNull();
  }
}
