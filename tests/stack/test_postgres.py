import psycopg


def test_the_session_server_answers_over_its_socket(postgres: str) -> None:
    with psycopg.connect(postgres) as connection:
        assert connection.execute("SELECT current_database()").fetchone() == ("spanledger",)
