package dev.grpcbackend.protocol;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PathTemplateTest {

  @ParameterizedTest
  @CsvSource(delimiter = '|', textBlock = """
      /v1                        | v1                  |                    |
      /v1/{name}                 | v1,*                | name 1-2 single    |
      /v1/{name=*}               | v1,*                | name 1-2 single    |
      /v1/{book.name=shelves/*/books/*}/x | v1,shelves,*,books,*,x | book.name 1-5 |
      /v1/{a}/{b=x/**}           | v1,*,x,**           | a 1-2 single b 2-4 |
      /v1/**                     | v1,**               |                    |
      /v1/*/x                    | v1,*,x              |                    |
      /v1/{name=**}:undelete     | v1,**               | name 1-2           | undelete
      /v1/a:b                    | v1,a                |                    | b
      /{name=x}                  | x                   | name 0-1 single    |
      /a%20b                     | a b                 |                    |
      """)
  void parses(String text, String segments, String variables, String verb) {
    PathTemplate template = PathTemplate.parse(text);
    assertThat(template.segments().stream()
            .map(segment -> switch (segment.kind()) {
              case LITERAL -> segment.literal();
              case ONE -> "*";
              case REST -> "**";
            })
            .toList())
        .isEqualTo(Stream.of(segments.split(",", -1)).toList());
    assertThat(String.join(
            " ",
            template.variables().stream()
                .map(v -> v.fieldPath() + " " + v.from() + "-" + v.to()
                    + (template.isSingle(v) ? " single" : ""))
                .toList()))
        .isEqualTo(variables == null ? "" : variables);
    assertThat(template.verb()).isEqualTo(verb == null ? "" : verb);
  }

  @ParameterizedTest
  @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
      ~~               | / at character 0
      v1               | / at character 0
      /                | a segment at character 1
      /v1/             | a segment at character 4
      /v1//a           | a segment at character 4
      /v1/{name        | } at character 9
      /v1/{name=}      | a segment at character 10
      /v1/{a={b}}      | no variable within a variable
      /v1/{a=*/{b}}    | no variable within a variable
      /v1/**/a         | ** as the last segment
      /v1/{a=**}/b     | ** as the last segment
      /v1/***          | nothing more at character 6
      /v1/a*           | nothing more at character 5
      /v1/{a}b         | nothing more at character 7
      /v1/a:           | a segment at character 6
      /v1/a:b:c        | nothing more at character 7
      /v1/a:b/c        | nothing more at character 7
      /v1/%zz          | two hexadecimal digits
      """)
  void namesWhatIsWrong(String text, String expected) {
    assertThatThrownBy(() -> PathTemplate.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("path template: " + text)
        .hasMessageContaining(expected);
  }
}
