from django import forms
from django.contrib.auth.forms import AuthenticationForm


class SignInForm(AuthenticationForm):
    username = forms.EmailField(
        label="E-mail", widget=forms.EmailInput(attrs={"autofocus": True, "autocomplete": "username"})
    )

    error_messages = {  # noqa: RUF012 - declared by Django as an instance variable
        "invalid_login": "This e-mail and password don't belong together. Check both and try again.",
        "inactive": "This account is switched off. Ask an owner of your project.",
    }
